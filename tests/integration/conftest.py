"""A real database for each test: SQLite, or the server that DATABASE_URL names."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from libs.database.engine import Database
from libs.database.mapping import Row
from services.ingest.migrations.upgrade import upgrade


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(os.environ.get("DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}"))
    upgrade(database.engine)
    with database.write() as session:
        for table in reversed(Row.metadata.sorted_tables):
            session.execute(text(f"DELETE FROM {table.name}"))  # noqa: S608 - our own names
    yield database
    database.close()
