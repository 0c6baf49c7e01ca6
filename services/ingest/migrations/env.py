"""Alembic's entry point; it runs on the connection that `upgrade` hands over."""

from alembic import context

from libs.database import outbox
from libs.database.mapping import Row
from services.ingest import tables
from services.ingest.webhooks import tables as webhook_tables

# Imported so that their tables are known to `Row.metadata`.
__all__ = ["outbox", "tables", "webhook_tables"]

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
