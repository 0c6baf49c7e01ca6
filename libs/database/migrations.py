"""Brings a database to the newest schema with Alembic, from empty or from any older one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.exc import OperationalError

from libs.errors import Unavailable

# Any number that nothing else in a database locks by.
MIGRATION_LOCK = 6_024_110_733


def configuration(folder: Path) -> Config:
    """What Alembic is told: the folder that a service's migrations are in."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


def upgrade(engine: Engine, folder: Path, revision: str = "head") -> None:
    """Run the migrations that are missing. Raises Unavailable when the database is away.

    Several processes may do so at once: the first migrates, the others wait and find it done.
    """
    config = configuration(folder)
    try:
        with (
            engine.execution_options(navigator_writes=True).connect() as connection,
            _free_to_remake_tables(connection),
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                # SQLite needs no such lock: there a writing transaction shuts out the others.
                lock = text("SELECT pg_advisory_xact_lock(:key)")
                connection.execute(lock, {"key": MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except OperationalError as error:
        raise Unavailable(
            "The database cannot be opened. Check NAVIGATOR_DATABASE_URL (recommend's: "
            "NAVIGATOR_RECOMMEND_DATABASE_URL), and that the folder of NAVIGATOR_DATA_DIR can be "
            "written to."
        ) from error


def run(metadata: MetaData) -> None:
    """What a service's `env.py` does: run on the connection that `upgrade` hands over."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def _free_to_remake_tables(connection: Connection) -> Iterator[None]:
    # Where SQLite cannot change a table, Alembic makes it anew under its name. The old one can
    # only be dropped while references to it are not looked at, which must be said outside of any
    # transaction: https://www.sqlite.org/lang_altertable.html#otheralter
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite: Any = connection.connection.driver_connection
    sqlite.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        sqlite.execute("PRAGMA foreign_keys=ON")
