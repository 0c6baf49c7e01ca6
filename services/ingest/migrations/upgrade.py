"""Brings ingest's database to the newest schema."""

from pathlib import Path

from alembic.config import Config
from sqlalchemy import Engine

from libs.database import migrations

FOLDER = Path(__file__).parent


def configuration() -> Config:
    """What Alembic is told: where ingest's migrations are."""
    return migrations.configuration(FOLDER)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing. Raises Unavailable when the database is away."""
    migrations.upgrade(engine, FOLDER, revision)
