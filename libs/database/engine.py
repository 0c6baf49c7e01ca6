"""Engine and sessions, the same for SQLite and PostgreSQL."""

import datetime as dt
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import DateTime, TypeDecorator

from libs.errors import Unavailable

BUSY_TIMEOUT_MS = 15_000
WAL_RETRY_S = 0.01


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment in time with its zone; SQLite forgets zones, so every value is kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> dt.datetime | None:
        """To the database: UTC."""
        return value.astimezone(dt.UTC) if value else None

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> dt.datetime | None:
        """From the database: with its zone again."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL. SQLite gets its folder, WAL mode and real transactions."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"check_same_thread": False}, pool_size=10)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # Python's driver would begin transactions by its own rules; _begin_sqlite does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _enter_wal(cursor)
    # In WAL mode FULL makes each commit durable against power loss, not only against kill -9:
    # a 202 is a promise.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _enter_wal(cursor: DBAPICursor) -> None:
    # A new file's change to WAL is the one step for which SQLite does not wait for the others by
    # itself, whatever the timeout: of four processes at a first start one failed at times.
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(WAL_RETRY_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A writer that begins as a reader and upgrades later fails at once when another writes;
    # one that says so at the start waits its turn.
    writes = connection.get_execution_options().get("navigator_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Sessions on one engine. A write session is one transaction; so is a read session."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._writer = self.engine.execution_options(navigator_writes=True)
        # SQLite has one writer at a time, and one that finds another at it looks again after up
        # to 100 ms. Of six threads that write now and then, one in a hundred waited 600 ms so;
        # it is 70 ms when they wait for each other here, where the next is woken at once.
        self._one_writer = Lock() if self.engine.dialect.name == "sqlite" else None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end, and not at all if anything was raised."""
        with (
            _translated(),
            self._turn(),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads."""
        with _translated(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    def health(self) -> str | None:
        """None when the database answers, otherwise what is wrong."""
        try:
            with self.read() as session:
                session.execute(text("SELECT 1"))
        except Unavailable as error:
            return error.detail
        return None

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._one_writer is None:
            yield
            return
        if not self._one_writer.acquire(timeout=BUSY_TIMEOUT_MS / 1_000):
            raise Unavailable("the database is busy writing; try again in a moment")
        try:
            yield
        finally:
            self._one_writer.release()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable(
            "all connections to the database are in use; try again in a moment"
        ) from error
    except OperationalError as error:
        raise Unavailable(
            "the database does not answer; check NAVIGATOR_DATABASE_URL and the disk"
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the connection to the database was lost; try again") from error
        raise
