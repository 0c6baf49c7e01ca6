"""Databases that an older Navigator filled."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, inspect, select

from libs.database.engine import Database
from libs.errors import NotFound
from services.ingest import store
from services.ingest.migrations import upgrade as migrations
from services.ingest.migrations.upgrade import upgrade
from services.ingest.tables import DocumentRow

DAY = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
Row = dict[str, Any]


@pytest.fixture
def older(empty_database_url: str) -> Iterator[Database]:
    """A database of revision 0001."""
    database = Database(empty_database_url)
    migrate(database, command.upgrade, "0001")
    yield database
    database.close()


def migrate(database: Database, move: Callable[[Config, str], None], revision: str) -> None:
    """Bring a database to one revision and no further."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.engine.execution_options(navigator_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        move(config, revision)


def fill(database: Database, rows: dict[str, list[Row]]) -> None:
    """Write into the tables as they are, and not as the code of today would have them."""
    with database.engine.execution_options(navigator_writes=True).begin() as connection:
        there = MetaData()
        there.reflect(connection)
        for name, values in rows.items():
            connection.execute(there.tables[name].insert(), values)


def version(number: int) -> Row:
    moments = dict.fromkeys(("submitted_at", "updated_at", "resend_at"), DAY)
    return moments | {
        "report_id": "r",
        "version": number,
        "digest": str(number) * 64,
        "title": "rapport",
        "submission": {"title": "rapport"},
        "status": "accepted",
        "resends": 0,
    }


def document(number: int) -> Row:
    return {
        "report_id": "r",
        "version": number,
        "filename": "rapport.txt",
        "media_type": "text/plain",
        "size": 8,
        "sha256": "a" * 64,
        "content": b"Version%d" % number,
    }


REPORT = {"id": "r", "partner": "norr", "external_id": "1", "version": 2, "created_at": DAY}
FILLED = {
    "reports": [REPORT],
    "report_versions": [version(1), version(2)],
    "documents": [document(1), document(2)],
}


def primary_key(database: Database) -> list[str]:
    return list(inspect(database.engine).get_pk_constraint("documents")["constrained_columns"])


def test_documents_of_before_are_the_first_of_their_version(older: Database) -> None:
    fill(older, FILLED)
    upgrade(older.engine)
    assert primary_key(older) == ["report_id", "version", "number"]
    with older.read() as session:
        for number in (1, 2):
            row = store.version_row(session, "r", number)
            assert [each.number for each in store.document_rows(session, row)] == [0]
            assert store.document_row(session, row, 0).content == b"Version%d" % number
            with pytest.raises(NotFound):
                store.document_row(session, row, 1)


def test_a_version_of_before_can_have_a_second_document(older: Database) -> None:
    fill(older, FILLED)
    upgrade(older.engine)
    with older.write() as session:
        session.add(DocumentRow(**document(2), number=1))
    with older.read() as session:
        row = store.version_row(session, "r", 2)
        assert [each.number for each in store.document_rows(session, row)] == [0, 1]
    # Before, there was room for one only.
    migrate(older, command.downgrade, "0001")
    assert primary_key(older) == ["report_id", "version"]
    upgrade(older.engine)
    with older.read() as session:
        kept = session.execute(select(DocumentRow.version, DocumentRow.number)).all()
    assert sorted(map(tuple, kept)) == [(1, 0), (2, 0)]
