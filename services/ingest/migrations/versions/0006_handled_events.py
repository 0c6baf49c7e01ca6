"""Which partners' events were handled, and how new the newest word on each report is.

Both are made from the histories that stand in the database already.
"""

import datetime as dt
import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 1_000
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
reports = sa.table("reports", sa.column("id"), sa.column("as_of", sa.DateTime(timezone=True)))
lines = sa.table(
    "report_status",
    sa.column("report_id"),
    sa.column("seq"),
    sa.column("status"),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("detail", sa.JSON()),
)
events = sa.table(
    "handled_events",
    sa.column("report_id"),
    sa.column("fingerprint"),
    sa.column("effect", sa.Boolean()),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.add_column("reports", sa.Column("as_of", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "handled_events",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"]),
        sa.PrimaryKeyConstraint("report_id", "fingerprint"),
    )
    op.create_index("ix_handled_events_at", "handled_events", ["effect", "at"])
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    last = ("", 0)
    while True:
        rows = connection.execute(
            sa.select(lines)
            .where(
                lines.c.status.in_(["accepted", "withdrawn"]),
                sa.tuple_(lines.c.report_id, lines.c.seq) > last,
            )
            .order_by(lines.c.report_id, lines.c.seq)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        last = (rows[-1].report_id, rows[-1].seq)
        _fill_batch(connection, rows)


def _fill_batch(connection: sa.Connection, rows: Any) -> None:
    for row in rows:
        of_event = "event_id" in row.detail
        if of_event:
            name = f"{row.detail['event_source']}\0{row.detail['event_id']}"
            fingerprint = hashlib.sha256(name.encode()).hexdigest()
            values = {"report_id": row.report_id, "fingerprint": fingerprint, "at": row.at}
            connection.execute(sa.insert(events).values(effect=True, **values))
        at = row.at if row.at.tzinfo else row.at.replace(tzinfo=dt.UTC)
        said = dt.datetime.fromisoformat(row.detail["event_time"]) if of_event else at
        said = max(said, EARLIEST).astimezone(dt.UTC)
        connection.execute(
            sa.update(reports)
            .where(reports.c.id == row.report_id)
            .where(reports.c.as_of.is_(None) | (reports.c.as_of < said))
            .values(as_of=said)
        )


def downgrade() -> None:
    op.drop_table("handled_events")
    op.drop_column("reports", "as_of")
