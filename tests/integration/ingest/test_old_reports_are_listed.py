"""Migrations of a database in which there are reports already."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select, text

from libs.database.engine import Database
from libs.database.mapping import Row
from libs.events.report import ReportSubmission
from services.ingest.identity import report_id, submission_digest
from services.ingest.migrations import upgrade as migrations
from services.ingest.tables import FacetRow, ReportRow, VersionRow
from tests.integration.ingest.stage import Stage

NOW = "2026-05-04 12:00:00.000000+00:00"
REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")
SUBMISSION = REPORT.model_dump(mode="json", exclude_defaults=True)
DIGEST = submission_digest(REPORT, ())


@pytest.fixture
def old(empty_database_url: str) -> Iterator[Database]:
    """A database as the first release left it."""
    database = Database(empty_database_url)
    config = Config()
    config.set_main_option("script_location", str(migrations.Path(migrations.__file__).parent))
    with database.engine.execution_options(navigator_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    yield database
    database.close()


def insert(database: Database, table: str, **values: Any) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    with database.write() as session:
        statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - our own
        session.execute(text(statement), values)


def insert_version(database: Database, report: str, version: int, **values: Any) -> None:
    shared = {
        "digest": DIGEST,
        "title": "Titel",
        "submission": json.dumps(SUBMISSION),
        "content": None,
        "status": "indexed",
        "submitted_at": NOW,
        "updated_at": NOW,
        "resend_at": NOW,
        "resends": 0,
    }
    insert(database, "report_versions", report_id=report, version=version, **(shared | values))
    insert(
        database,
        "report_status",
        report_id=report,
        seq=version,
        version=version,
        status="accepted",
        at=NOW,
        detail="{}",
    )


def test_a_filled_database_goes_on(old: Database) -> None:
    first = report_id("norr", "1", DIGEST)
    insert(old, "reports", id=first, partner="norr", external_id="1", version=1, created_at=NOW)
    insert_version(old, first, 1)
    second = report_id("norr", "2", DIGEST)
    insert(old, "reports", id=second, partner="norr", external_id="2", version=2, created_at=NOW)
    insert_version(old, second, 1, content=json.dumps({"title": "Alt", "language": "de"}))
    content = {
        "title": "Ängar",
        "language": "sv-FI",
        "places": [{"country": "FI"}, {"country": "FI"}],
        "themes": ["mental-health"],
        "sections": [{"text": "Text"}],
    }
    insert_version(old, second, 2, title="rapport", content=json.dumps(content))

    migrations.upgrade(old.engine)

    with old.read() as session:
        facets = session.execute(select(FacetRow.report_id, FacetRow.kind, FacetRow.value)).all()
        assert {tuple(row) for row in facets} == {
            (second, "language", "sv-fi"),
            (second, "language", "sv"),
            (second, "country", "FI"),
            (second, "theme", "mental-health"),
        }
        assert session.get_one(VersionRow, (second, 2)).title == "Ängar"
        titles = {
            row.id: (row.folded_title, row.source) for row in session.scalars(select(ReportRow))
        }
        assert titles == {first: ("titel", None), second: ("ängar", None)}
    stage = Stage(old)
    assert stage.intake.submit("norr", REPORT)[1] is False
    named = REPORT.model_copy(update={"source": "diva"})
    receipt, created = stage.intake.submit("norr", named)
    assert created
    assert receipt.report_id != first
    stage.intake.withdraw("norr", second)
    assert [entry.seq for entry in stage.receipt(second).history] == [1, 2, 3]


def test_references_are_looked_at_after_it(old: Database) -> None:
    migrations.upgrade(old.engine)
    found = inspect(old.engine).get_foreign_keys("report_versions")
    assert [key["referred_table"] for key in found] == ["reports"]
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        insert_version(old, "nothing", 1)


def test_more_than_a_batch_of_reports(old: Database) -> None:
    count = 450
    for number in range(count):
        each = f"{number:036}"
        insert(old, "reports", id=each, partner="norr", version=1, created_at=NOW)
        insert_version(old, each, 1, submission=json.dumps({"title": "T", "language": "et"}))
    migrations.upgrade(old.engine)
    with old.read() as session:
        assert len(session.scalars(select(FacetRow.report_id)).all()) == count


def test_the_tables_are_as_the_code_says(old: Database) -> None:
    migrations.upgrade(old.engine)
    found = inspect(old.engine)
    for table in Row.metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        # PostgreSQL lists what stands behind a unique constraint too.
        listed = found.get_indexes(table.name)
        indexes = {each["name"] for each in listed if "duplicates_constraint" not in each}
        assert indexes == {index.name for index in table.indexes}
