"""Tables handed over: looked through without a trace, or taken in row by row."""

import json
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.database.engine import Database
from services.ingest.spreadsheets.grid import Grid
from services.ingest.tables import ReportRow, VersionRow
from tests.integration.ingest.many import an_app, answers, post, post_at_once, table
from tests.integration.ingest.stage import Stage, sent
from tests.unit.ingest.spreadsheets.workbooks import xlsx, xlsx_rows

CSV = """Projekt-ID;Projektnamn;Projektbeskrivning;Budget (SEK);Kommun
1;Unga tillbaka;Vi sökte upp unga som varken arbetade eller studerade.;1 500 000;Umeå
2;;Ett projekt utan namn som ingen hittar igen.;200 000;Luleå
3;Öppna dörrar;Bystugan är öppen för alla på torsdagar, året om.;ca 3 mkr;Skellefteå
"""


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def test_a_dry_run_tells_all_and_takes_nothing_in(stage: Stage) -> None:
    answer = table(
        an_app(stage),
        CSV.encode("cp1252"),
        query="?dry_run=true&rows=1",
        defaults={"country": "SE"},
    )
    assert answer.status_code == 200
    found = answer.json()
    assert (found["format"], found["encoding"], found["separator"]) == ("csv", "cp1252", ";")
    assert (found["rows"], found["accepted"], found["refused"]) == (3, 2, 1)
    fields = {column["header"]: column["field"] for column in found["columns"]}
    assert fields == {
        "Projekt-ID": "external_id",
        "Projektnamn": "title",
        "Projektbeskrivning": "text",
        "Budget (SEK)": "budget",
        "Kommun": "place",
    }
    (row,) = found["reports"]
    assert row["row"] == 2
    assert row["report"]["budget"] == {"amount": 1_500_000, "currency": "SEK"}
    assert row["report"]["places"] == [{"country": "SE", "name": "Umeå"}]
    assert [problem["row"] for problem in found["problems"]] == [3]
    assert found["problems"][0]["problem"]["errors"][0]["pointer"] == "/title"
    (warning,) = found["warnings"]
    assert (warning["header"], warning["first_row"]) == ("Budget (SEK)", 4)
    assert sent(stage) == []


def test_rows_are_taken_in_and_told_of_one_by_one(stage: Stage) -> None:
    app = an_app(stage)
    *told, last = answers(table(app, CSV.encode(), language="sv", defaults={"country": "SE"}))
    assert [(answer["row"], answer["status"]) for answer in told] == [(2, 202), (3, 422), (4, 202)]
    assert told[2]["warnings"][0]["header"] == "Budget (SEK)"
    assert last == {"summary": {"received": 3, "accepted": 2, "unchanged": 0, "refused": 1}}
    with stage.database.read() as session:
        report = session.get(ReportRow, told[0]["report_id"])
        row = session.get(VersionRow, (told[0]["report_id"], 1))
        assert report is not None
        assert row is not None
        assert (report.external_id, report.partner) == ("1", "local")
        assert row.submission["language"] == "sv"
        assert row.submission["title"] == "Unga tillbaka"
    *again, last = answers(table(app, CSV.encode(), language="sv", defaults={"country": "SE"}))
    assert [answer["status"] for answer in again] == [200, 422, 200]
    changed = CSV.replace("torsdagar", "fredagar").encode()
    *third, last = answers(table(app, changed, language="sv", defaults={"country": "SE"}))
    assert [answer.get("version") for answer in third] == [1, None, 2]


def test_the_mapping_that_is_told_holds(stage: Stage) -> None:
    mapping = {"columns": [{"header": "Projektnamn"}, {"column": 5, "field": "title"}]}
    *told, _ = answers(table(an_app(stage), CSV.encode(), mapping=mapping))
    assert [answer["status"] for answer in told] == [202, 202, 202]


def test_a_sheet_is_chosen(stage: Stage) -> None:
    rows = xlsx_rows(("Titel", "Text"), ("A", "Första bladet"))
    content = xlsx({"Ett": rows, "Två": rows.replace("Första", "Andra") + rows.replace("1", "3")})
    found = table(an_app(stage), content, query="?dry_run=true", sheet="Ett").json()
    assert (found["sheet"], found["sheets"]) == ("Ett", ["Ett", "Två"])
    assert found["reports"][0]["report"]["text"] == "Första bladet"


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"mapping": "{"}, "/mapping"),
        ({"mapping": {"colour": 1}}, "/mapping/colour"),
        ({"mapping": {"columns": [{"column": 1, "field": "colour"}]}}, "/mapping/columns/0/field"),
        ({"mapping": {"columns": [{"field": "title"}]}}, "/mapping/columns/0"),
        ({"mapping": {"columns": [{"header": "Saknas"}]}}, "/mapping/columns/0/header"),
        ({"mapping": {"columns": [{"column": 2}]}}, "/mapping"),
        ({"defaults": {"country": "Sverige"}}, "/defaults/country"),
        ({"defaults": {"themes": ["made-up"]}}, "/defaults/themes/0"),
        ({"language": "på svenska"}, "/language"),
        ({"sheet": "a\x00b"}, "/sheet"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_by_pointer(
    stage: Stage, parts: dict[str, Any], pointer: str
) -> None:
    answer = table(an_app(stage), CSV.encode(), **parts)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert sent(stage) == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "invalid-input"),
        (b"Titel;Text\n", 422, "no-text"),
        (b"Kommun;Land\nUme\xe5;Sverige\n", 422, "invalid-input"),
        (b"PK\x03\x04 no archive", 422, "unreadable-document"),
        (b"%PDF-1.7 no table", 415, "unsupported-format"),
        (b"[1, 2]", 422, "unreadable-document"),
        (b";" * 2_000, 413, "too-large"),
        (b"x" * 400_000, 413, "too-large"),
    ],
)
def test_what_is_no_table_is_refused_before_anything_is_taken_in(
    stage: Stage, content: bytes, status: int, code: str
) -> None:
    answer = table(an_app(stage), content)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_another_content_type_is_refused(stage: Stage) -> None:
    answer = post(
        an_app(stage), "/v1/bulk/table", content=CSV, headers={"content-type": "text/csv"}
    )
    assert answer.status_code == 415
    assert "document" in answer.json()["detail"]


def test_only_so_many_at_once_and_a_refused_one_gives_its_turn_back(stage: Stage) -> None:
    assert table(an_app(stage, most=0), CSV.encode()).status_code == 429
    app = an_app(stage, most=1)
    for content in (b"%PDF-1.7", CSV.encode(), b"", CSV.encode()):
        assert table(app, content).status_code != 429


def test_tables_are_read_one_at_a_time(stage: Stage) -> None:
    alone, met = threading.Lock(), threading.Event()

    def read_grid(_content: bytes, _sheet: str | None) -> Grid:
        if alone.acquire(blocking=False):
            met.wait(timeout=0.1)
            alone.release()
        else:
            met.set()
        return Grid([["Titel", "Text"], ["A", "Text"]], "csv")

    app = an_app(stage, most=8, read_grid=read_grid)
    files = {"document": ("lista.csv", b"any")}
    found = post_at_once(app, "/v1/bulk/table?dry_run=true", 4, files=files)
    assert {answer.status_code for answer in found} == {200}
    assert not met.is_set()


FORMS = st.fixed_dictionaries(
    {},
    optional={
        "mapping": st.text(max_size=30) | st.dictionaries(st.text(max_size=5), st.integers()),
        "defaults": st.text(max_size=30) | st.dictionaries(st.sampled_from(["country"]), st.text()),
        "sheet": st.text(max_size=5),
        "language": st.text(max_size=5),
    },
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), FORMS, st.booleans())
def test_whatever_is_handed_over_is_answered(
    stage: Stage,
    content: bytes,
    parts: dict[str, Any],
    dry_run: bool,  # noqa: FBT001 - drawn
) -> None:
    told = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in parts.items()
    }
    answer = table(an_app(stage), content, query=f"?dry_run={dry_run}", **told)
    assert answer.status_code in {200, 413, 415, 422}
