"""Columns are told from headers in ten languages and from their cells."""

import pytest

from libs.events.tables import ColumnField as F
from libs.events.tables import TableMapping
from services.ingest.spreadsheets.columns import Column
from services.ingest.spreadsheets.grid import Cell, Grid
from services.ingest.spreadsheets.guessing import guess
from services.ingest.spreadsheets.headers import fields_named, header_row
from services.ingest.spreadsheets.table import read_table
from services.ingest.spreadsheets.wording import fold, header_words

# Headers as lists of this kind have them, and not as `header_words.json` writes them.
FIELDS = (F.TITLE, F.LEAD_ORGANISATION, F.TEXT, F.START, F.END, F.BUDGET, F.PLACE, F.TARGET_GROUPS)
HEADERS = {
    "sv": "Projektets namn|Stödmottagare|Projektbeskrivning|Startdatum|Slutdatum|Total budget (SEK)"
    "|Kommun|Målgrupp",
    "fi": "Hankkeen nimi|Toteuttajan nimi|Hankkeen kuvaus|Aloituspäivä|Päättymispäivä"
    "|Kokonaiskustannukset €|Maakunta|Kohderyhmä",
    "et": "Projekti nimi|Toetuse saaja nimi|Projekti sisukirjeldus|Projekti alguskuupäev"
    "|Projekti lõppkuupäev|Projekti kogumaksumus|Maakond|Sihtrühm",
    "lv": "Projekta nosaukums|Finansējuma saņēmējs|Projekta apraksts|Sākuma datums|Beigu datums"
    "|Kopējās izmaksas, EUR|Īstenošanas vieta|Mērķgrupa",
    "lt": "Projekto pavadinimas|Projekto vykdytojas|Projekto aprašymas|Pradžios data|Pabaigos data"
    "|Bendra projekto vertė, Eur|Savivaldybė|Tikslinė grupė",
    "pl": "Tytuł projektu|Nazwa beneficjenta|Opis projektu|Data rozpoczęcia realizacji projektu"
    "|Data zakończenia realizacji projektu|Wartość projektu (zł)|Województwo|Grupa docelowa",
    "de": "Bezeichnung des Vorhabens|Name des Begünstigten|Kurze Projektbeschreibung"
    "|Beginn des Vorhabens|Ende des Vorhabens|Gesamtkosten in EUR|Landkreis|Zielgruppe",
    "da": "Projektnavn|Tilskudsmodtager|Projektbeskrivelse|Startdato|Slutdato|Samlet budget (kr.)"
    "|Kommune|Målgruppe",
    "nb": "Prosjektnavn|Tilskuddsmottaker|Beskrivelse av prosjektet|Oppstartsdato|Sluttdato"
    "|Totalbudsjett (NOK)|Fylke|Målgruppe",
    "en": "Project title|Name of beneficiary|Project description|Start date|End date"
    "|Total eligible costs (EUR)|Municipality|Target groups",
}
LONG = "En lång berättelse om vad som gjordes, för vem det gjordes och vad det ledde till. " * 3
ROWS: list[list[Cell]] = [
    ["Unga tillbaka", "Umeå kommun", LONG, "2020-01-01", "2021-12-31", 100_000, "Umeå", "Unga"],
    ["Kylätupa", "Kainuun liitto", LONG + "A", "2019-03-01", "2020-02-28", 55_000, "Kajaani", "-"],
]


def table(*header: str, rows: list[list[Cell]]) -> dict[str, F | None]:
    found = read_table(Grid([list(header), *rows], "csv"), TableMapping())
    return {each.column.header: each.field for each in found.columns}


@pytest.mark.parametrize("language", HEADERS)
def test_headers_are_known_in_every_language(language: str) -> None:
    headers = HEADERS[language].split("|")
    assert table(*headers, rows=ROWS) == dict(zip(headers, FIELDS, strict=True))


@pytest.mark.parametrize("language", HEADERS)
def test_each_field_has_words_in_every_language(language: str) -> None:
    assert set(header_words()["sure"]) == {field.value for field in F}
    for field, words in header_words()["sure"].items():
        for phrase in words[language]:
            assert F(field) in fields_named(phrase), f"{phrase} ({language})"


@pytest.mark.parametrize("language", HEADERS)
def test_the_header_is_found_below_titles(language: str) -> None:
    headers: list[Cell] = [*HEADERS[language].split("|")]
    above: list[list[Cell]] = [["Lista 2024 – Budget"], [], ["Källa: myndigheten", "2024-05-01"]]
    assert header_row([*above, headers, *ROWS]) == len(above)


def test_headers_in_two_languages_and_of_programs() -> None:
    rows: list[list[Cell]] = [["A projekt", "1", "Uma", "2020-01-01"], ["B", "2", "Lule", "2021"]]
    found = table(
        "Projektitel / Operation name", "Projekt-ID", "leadOrganisation", "slut_datum", rows=rows
    )
    assert [*found.values()] == [F.TITLE, F.EXTERNAL_ID, F.LEAD_ORGANISATION, F.END]


def test_cells_outweigh_a_header_that_they_contradict() -> None:
    rows: list[list[Cell]] = [[LONG, "samma", "mycket"], [LONG + "B", "samma", "lite"]]
    found = table("Beskrivning", "ID", "Budget", rows=rows)
    assert [*found.values()] == [F.TEXT, None, None]


def test_cells_alone_tell_links_countries_and_prose() -> None:
    rows: list[list[Cell]] = [
        ["https://a.example/1", "Suomi", "a@b.example", "FI1D", LONG, "x"],
        ["www.b.example", "Ruotsi", "c@d.example", "SE331", LONG + "B", "y"],
    ]
    found = table("c1", "c2", "c3", "c4", "c5", "c6", rows=rows)
    expected = [F.LINK, F.COUNTRY, F.CONTACT_EMAIL, F.NUTS, F.TEXT, None]
    assert [*found.values()] == expected


def test_the_whole_budget_is_preferred_to_the_grant() -> None:
    rows: list[list[Cell]] = [["10", "20"], ["11", "22"]]
    found = table("EU-medfinansiering / Union co-financing", "Budget / Budget", rows=rows)
    assert [*found.values()] == [None, F.BUDGET]
    assert table("Beviljat belopp", rows=[["10"], ["11"]]) == {"Beviljat belopp": F.BUDGET}


@pytest.mark.parametrize(
    "header",
    [
        "Medfinansieringsgrad",
        "Postinumero",
        "Kod pocztowy",
        "Prioritätsachse",
        "Tālrunis",
        "Uppdateringsdatum",
        "Coordinates east",
        "Percent of project funded by EU",
    ],
)
def test_what_is_no_field_of_a_report_is_left_out(header: str) -> None:
    (found,) = guess([Column(1, header, ("1", "2"))])
    assert found.field is None
    assert found.because == "no field of a report"


def test_empty_columns_are_left_out_and_take_no_field_from_others() -> None:
    rows: list[list[Cell]] = [["", "A"], ["", "B"]]
    found = read_table(Grid([["Titel", "Projektnamn"], *rows], "csv"), TableMapping())
    assert [each.field for each in found.columns] == [None, F.TITLE]


def test_words_are_compared_without_case_accents_and_signs() -> None:
    assert fold("Projekt_Sluttid") == fold("projektSluttid") == "projekt sluttid"
    assert fold("Łódź, Ærø & Öland") == "lodz aero oland"
