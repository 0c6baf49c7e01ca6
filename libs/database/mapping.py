"""The registry that every SQL table of the platform is declared in (Alembic reads it)."""

from sqlalchemy.orm import DeclarativeBase


class Row(DeclarativeBase):
    """Parent of all table classes."""
