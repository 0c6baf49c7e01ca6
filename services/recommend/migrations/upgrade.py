"""Brings recommend's database to the newest schema."""

from pathlib import Path

from sqlalchemy import Engine

from libs.database import migrations

FOLDER = Path(__file__).parent


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing. Raises Unavailable when the database is away."""
    migrations.upgrade(engine, FOLDER)
