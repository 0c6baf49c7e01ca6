"""Alembic's entry point for ingest's tables."""

from libs.database import outbox
from libs.database.mapping import Row
from libs.database.migrations import run
from services.ingest import tables
from services.ingest.webhooks import tables as webhook_tables

# Imported so that their tables are known to `Row.metadata`.
__all__ = ["outbox", "tables", "webhook_tables"]

run(Row.metadata)
