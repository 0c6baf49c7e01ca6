"""A real database for each test: SQLite, or the server that DATABASE_URL names."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

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


@pytest.fixture
def empty_database_url(tmp_path: Path) -> Iterator[str]:
    """A database that nothing was ever written to."""
    given = os.environ.get("DATABASE_URL")
    if given is None:
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    name = f"empty_{uuid.uuid4().hex}"
    server = create_engine(given, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(given).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
