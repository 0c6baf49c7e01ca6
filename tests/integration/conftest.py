"""Every test that takes a database runs on both engines, each time with one of its own.

SQLite is a file; PostgreSQL is Debian's, started once for all tests, or the server that
DATABASE_URL names.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from libs.database.engine import Database
from services.ingest.migrations.upgrade import upgrade
from tests import postgresql
from tests.postgresql import PostgresServer


@dataclass(frozen=True, slots=True)
class PreparedServer:
    """A server with a database that has all the tables and no rows: the others' template."""

    server: PostgresServer
    template: str

    @contextmanager
    def database(self, *, empty: bool) -> Iterator[str]:
        """The URL of a new database, which is gone at the end."""
        name = f"test_{uuid.uuid4().hex}"
        url = self.server.create(name, template="template1" if empty else self.template)
        try:
            yield url
        finally:
            self.server.drop(name)


@pytest.fixture(scope="session")
def prepared_server() -> Iterator[PreparedServer]:
    with _server() as server:
        template = f"template_{uuid.uuid4().hex}"
        _make_tables(server.create(template))
        yield PreparedServer(server, template)
        server.drop(template)


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prepared") / "template.db"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def sql_engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine that a test runs on."""
    return str(request.param)


@pytest.fixture
def database(sql_engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all the tables and no rows."""
    if sql_engine == "sqlite":
        path = tmp_path / "test.db"
        shutil.copyfile(request.getfixturevalue("prepared_file"), path)
        with _opened(f"sqlite:///{path}") as database:
            yield database
        return
    prepared: PreparedServer = request.getfixturevalue("prepared_server")
    with prepared.database(empty=False) as url, _opened(url) as database:
        yield database


@pytest.fixture
def empty_database_url(
    sql_engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database that nothing was ever written to."""
    if sql_engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    prepared: PreparedServer = request.getfixturevalue("prepared_server")
    with prepared.database(empty=True) as url:
        yield url


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def _make_tables(url: str) -> None:
    with _opened(url) as database:
        upgrade(database.engine)


@contextmanager
def _server() -> Iterator[PostgresServer]:
    given = os.environ.get("DATABASE_URL")
    installed = postgresql.programs()
    if given is not None:
        yield PostgresServer(given)
    elif installed is not None:
        with postgresql.running(installed) as server:
            yield server
    elif os.environ.get("CI"):
        pytest.fail("PostgreSQL is needed in CI: scripts/packages.sh")
    else:
        pytest.skip("PostgreSQL is not installed here: sudo apt-get install postgresql")
