"""Rows become reports: nothing that a cell does not say, and a word about what was left out."""

from typing import Any

import pytest

from libs.errors import InvalidInput
from libs.events.report import ReportSubmission
from libs.events.tables import TableDefaults, TableMapping
from services.ingest.spreadsheets.grid import Cell, Grid
from services.ingest.spreadsheets.preview import preview
from services.ingest.spreadsheets.row_reports import RowReader, RowReport
from services.ingest.spreadsheets.table import read_table


def read(
    header: list[str],
    *rows: list[Cell],
    mapping: dict[str, Any] | None = None,
    **defaults: Any,
) -> list[RowReport]:
    table = read_table(Grid([[*header], *rows], "csv"), TableMapping.model_validate(mapping or {}))
    return list(RowReader(table, TableDefaults.model_validate(defaults)).reports())


def one(cells: dict[str, Cell], **more: Any) -> tuple[dict[str, Any], list[str]]:
    """What a row of these cells becomes beside its title and text, and its warnings."""
    header = ["Titel", "Text", *cells]
    (found,) = read(header, ["T", "Text", *cells.values()], **more)
    assert isinstance(found.report, ReportSubmission), found.report
    report = found.report.model_dump(mode="json", exclude_defaults=True)
    return {k: v for k, v in report.items() if k not in {"title", "text"}}, [
        warning.detail for warning in found.warnings
    ]


def test_a_whole_row() -> None:
    report, warnings = one(
        {
            "Projekt-id": "17",
            "Sammanfattning": "Kort",
            "Program": "Regionalfonden",
            "Finansiär": "Tillväxtverket",
            "Startdatum": "2020-01-01",
            "Slutdatum": "2021",
            "Budget": "1,5 MSEK",
            "Projektägare": "Umeå kommun",
            "Partner": "Luleå kommun; Region Norr",
            "Land": "Sverige",
            "Kommun": "Umeå",
            "Tema": "Integration av nyanlända",
            "Globala mål": "SDG 3; 11, 4",
            "Kontaktperson": "Eva Ek",
            "E-post": "eva@umea.example",
            "Webbplats": "www.umea.example/projekt.",
            "Språk": "svenska",
            "Licens": "CC BY 4.0",
        }
    )
    assert warnings == []
    assert report == {
        "external_id": "17",
        "summary": "Kort",
        "programme": "Regionalfonden",
        "funder": "Tillväxtverket",
        "period": {"start": "2020-01-01", "end": "2021-12-31"},
        "budget": {"amount": 1_500_000, "currency": "SEK"},
        "lead_organisation": {"name": "Umeå kommun"},
        "partner_organisations": [{"name": "Luleå kommun"}, {"name": "Region Norr"}],
        "places": [{"country": "SE", "name": "Umeå"}],
        "themes": ["integration"],
        "sdgs": [3, 11, 4],
        "contacts": [{"name": "Eva Ek", "email": "eva@umea.example"}],
        "links": [{"url": "https://www.umea.example/projekt"}],
        "language": "sv",
        "licence": "CC BY 4.0",
    }


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Budget SEK": "ca 3 mkr"}, "an amount of money"),
        ({"Budget": "100"}, "no cell, header or default says the currency"),
        ({"Budget": "100 kr"}, "no cell, header or default says the currency"),
        ({"Startdatum": "våren 2020"}, "a day"),
        ({"Projektperiod": "två år"}, "a period"),
        ({"Land": "Atlantis"}, "a country"),
        ({"NUTS": "Norr"}, "a NUTS code"),
        ({"Kommun": "Umeå"}, "in which country"),
        ({"Tema": "Rymdfart"}, "one of the known themes"),
        ({"Målgrupp": "Alla"}, "one of the known target groups"),
        ({"Globala mål": "18"}, "one of the 17 goals"),
        ({"Språk": "klingonska"}, "a language"),
        ({"Länk": "finns ej"}, "an address on the web"),
        ({"E-post": "saknas"}, "an e-mail address"),
    ],
)
def test_what_is_not_understood_is_left_out_and_told(cells: dict[str, Cell], reason: str) -> None:
    columns = [{"header": name, "field": field} for name, field in _FIELDS.items() if name in cells]
    report, warnings = one(cells, mapping={"columns": columns})
    assert report == {}
    assert len(warnings) == 1
    assert reason in warnings[0]


_FIELDS = {
    "Budget SEK": "budget",
    "Budget": "budget",
    "Startdatum": "start",
    "Projektperiod": "period",
    "Land": "country",
    "NUTS": "nuts",
    "Kommun": "place",
    "Tema": "themes",
    "Målgrupp": "target_groups",
    "Globala mål": "sdgs",
    "Språk": "language",
    "Länk": "link",
    "E-post": "contact_email",
}


@pytest.mark.parametrize(
    ("cells", "defaults", "budget"),
    [
        ({"Budget": "100 kr", "Land": "Norge"}, {}, (100, "NOK")),
        ({"Budget": "100 kr"}, {"country": "DK"}, (100, "DKK")),
        ({"Budget": "100 kr"}, {"currency": "SEK"}, (100, "SEK")),
        ({"Budget": "100"}, {"currency": "EUR"}, (100, "EUR")),
        ({"Budget": "100", "Valuta": "PLN"}, {"currency": "EUR"}, (100, "PLN")),
        ({"Budget (tEUR)": "1.234,5"}, {}, (1_234_500, "EUR")),
        ({"Budget (tEUR)": "2 MEUR"}, {}, (2_000_000, "EUR")),
    ],
)
def test_a_budget_s_currency_and_unit(
    cells: dict[str, Cell], defaults: dict[str, str], budget: tuple[float, str]
) -> None:
    report, warnings = one(cells, **defaults)
    assert report["budget"] == {"amount": budget[0], "currency": budget[1]}
    assert warnings == []


def test_a_unit_that_the_amounts_contradict_is_doubted_until_it_is_told() -> None:
    cells: dict[str, Cell] = {"Total cost £m": 2_390_607}
    report, warnings = one(cells)
    assert "budget" not in report
    assert "set the column's `unit`" in warnings[0]
    table = read_table(Grid([[*cells], [*cells.values()]], "csv"), TableMapping())
    (column,) = preview(table, TableDefaults(), 0).columns
    assert (column.field, column.unit) == ("budget", None)
    mapping = {"columns": [{"header": "Total cost £m", "field": "budget", "unit": 1}]}
    report, warnings = one(cells, mapping=mapping)
    assert report["budget"] == {"amount": 2_390_607, "currency": "GBP"}
    assert warnings == []


def test_an_end_before_its_start_is_left_out() -> None:
    report, warnings = one({"Start": "2021-01-01", "Slut": "2020-01-01"})
    assert report == {}
    assert len(warnings) == 2


def test_several_texts_become_sections_with_their_headers() -> None:
    header = ["Titel", "Beskrivning", "Resultat", "Lärdomar"]
    first, second = read(header, ["A", "Text", "Bra", "Mycket"], ["B", "", "Sådär", ""])
    assert isinstance(first.report, ReportSubmission)
    assert [(s.heading, s.text, s.kind) for s in first.report.sections] == [
        ("Beskrivning", "Text", None),
        ("Resultat", "Bra", "results"),
        ("Lärdomar", "Mycket", "lessons"),
    ]
    assert isinstance(second.report, ReportSubmission)
    assert [section.text for section in second.report.sections] == ["Sådär"]


def test_a_summary_that_is_the_only_text_is_the_text() -> None:
    (found,) = read(["Titel", "Sammanfattning"], ["A", "Kort"])
    assert isinstance(found.report, ReportSubmission)
    assert (found.report.text, found.report.summary) == ("Kort", None)


def test_places_in_one_country() -> None:
    report, _ = one({"Land": "SE", "Kommun": "Umeå; Luleå", "NUTS": "SE331"})
    assert report["places"] == [
        {"country": "SE", "nuts": "SE331"},
        {"country": "SE", "name": "Umeå"},
        {"country": "SE", "name": "Luleå"},
    ]
    report, _ = one({"NUTS": "EL30", "LAU": "45"})
    assert report["places"] == [{"country": "GR", "nuts": "EL30", "lau": "45"}]


def test_which_place_is_in_which_of_several_countries_is_not_guessed() -> None:
    report, warnings = one({"Land": "Sverige, Finland", "Kommun": "Haparanda"})
    assert report["places"] == [{"country": "SE"}, {"country": "FI"}]
    assert "several countries" in warnings[0]


def test_towns_that_come_again_are_parted_by_commas_and_addresses_are_not() -> None:
    rows: list[list[Cell]] = [["A", "x", "Umeå, Luleå"], ["B", "x", "Luleå, Umeå"]]
    found = read(["Titel", "Text", "Kommun"], *rows, country="SE")
    assert isinstance(found[0].report, ReportSubmission)
    assert [place.name for place in found[0].report.places] == ["Umeå", "Luleå"]
    rows = [["A", "x", "Jomas iela 1, Jūrmala"], ["B", "x", "Pils iela 2, Rīga"]]
    found = read(["Titel", "Text", "Ort"], *rows, country="LV")
    assert isinstance(found[0].report, ReportSubmission)
    assert [place.name for place in found[0].report.places] == ["Jomas iela 1, Jūrmala"]


def test_whose_address_it_is_is_not_guessed() -> None:
    report, _ = one({"Kontakt": "Eva Ek; Bo Al", "E-post": "info@x.example"})
    assert report["contacts"] == [
        {"name": "Eva Ek"},
        {"name": "Bo Al"},
        {"name": "info@x.example", "email": "info@x.example"},
    ]
    report, _ = one({"Kontaktperson": "Eva Ek (eva@x.example)"})
    assert report["contacts"] == [{"name": "Eva Ek", "email": "eva@x.example"}]


def test_rows_are_refused_by_number_with_their_column() -> None:
    header = ["Id", "Titel", "Text"]
    rows: list[list[Cell]] = [
        ["1", "A", "x"],
        ["2", "", "x"],
        [],
        ["4", "B", ""],
        ["1", "C", "x"],
        ["6", "D" * 1_001, "x"],
    ]
    mapping = {"columns": [{"column": 1, "field": "external_id"}]}
    found = {each.row: each.report for each in read(header, *rows, mapping=mapping)}
    assert [*found] == [2, 3, 5, 6, 7]
    told = {
        row: [(e.pointer, e.detail) for e in report.errors]
        for row, report in found.items()
        if isinstance(report, InvalidInput)
    }
    assert told[3] == [("/title", "Field required (column “Titel”)")]
    assert told[5][0][1].startswith("a report needs some text")
    assert told[6] == [("/external_id", "The same as in row 2")]
    assert told[7][0][0] == "/title"
    assert 2 not in told


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ({"header_row": 9}, "/mapping/header_row"),
        ({"columns": [{"column": 9}]}, "/mapping/columns/0/header"),
        ({"columns": [{"column": 1, "header": "Text"}]}, "/mapping/columns/0/header"),
        ({"columns": [{"header": "Två"}]}, "/mapping/columns/0/header"),
        ({"columns": [{"column": 1}, {"header": "Titel"}]}, "/mapping/columns/1/column"),
        (
            {"columns": [{"column": 1, "field": "title"}, {"column": 2, "field": "title"}]},
            "/mapping/columns/1/field",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_names_its_place(mapping: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(["Titel", "Text", "Två", "Två"], ["A", "x", "1", "2"], mapping=mapping)
    assert [error.pointer for error in caught.value.errors] == [pointer]


def test_what_is_told_overrides_the_guess_and_the_rest_stays_guessed() -> None:
    mapping = {"columns": [{"header": "Titel"}, {"header": "Rubrik två", "field": "title"}]}
    (found,) = read(["Titel", "Rubrik två", "Text"], ["A", "B", "x"], mapping=mapping)
    assert isinstance(found.report, ReportSubmission)
    assert (found.report.title, found.report.text) == ("B", "x")


def test_a_preview_tells_everything_before_anything_is_taken() -> None:
    rows: list[list[Cell]] = [["A", "x", "ca 5", "?"], ["", "x", "ca 6", "?"], ["C", "x", "7", "?"]]
    table = read_table(Grid([["Titel", "Text", "Budget EUR", "Xyz"], *rows], "csv"), TableMapping())
    mapping = TableMapping.model_validate(
        {"columns": [{"header": "Budget EUR", "field": "budget"}]}
    )
    table = read_table(table.grid, mapping)
    found = preview(table, TableDefaults(), 1)
    assert (found.rows, found.accepted, found.refused) == (3, 2, 1)
    assert [row.row for row in found.reports] == [2]
    assert [row.row for row in found.problems] == [3]
    assert found.unmapped == ("Xyz",)
    (warning,) = found.warnings
    assert (warning.header, warning.rows, warning.first_row) == ("Budget EUR", 2, 2)
    assert "correct" in found.notes[0]


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(["Titel", "Text"])
    assert caught.value.code == "no-text"
