"""Alembic's entry point for recommend's tables."""

from libs.database.migrations import run
from services.recommend.tables import OwnRow

run(OwnRow.metadata)
