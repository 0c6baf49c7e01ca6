"""Webhooks and their deliveries in the SQL record."""

import datetime as dt

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from libs.database.engine import UtcDateTime
from libs.database.mapping import Row

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


class WebhookRow(Row):
    """A webhook. Secrets are read only where they are wanted (docs/adr/0016).

    One sender at a time holds it: `leased_by` until `leased_until`. `turn_at` is when one took
    it last. After a failure it rests until `rest_until`, longer with each of its `strikes`.
    """

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_partner", "partner"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partner: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JSON)
    description: Mapped[str | None] = mapped_column(String(1_000))
    secret: Mapped[str] = mapped_column(String(100), deferred=True)
    previous_secret: Mapped[str | None] = mapped_column(String(100), deferred=True)
    previous_secret_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    disabled_code: Mapped[str | None] = mapped_column(String(20))
    failing_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    strikes: Mapped[int] = mapped_column(default=0)
    rest_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    turn_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    leased_by: Mapped[str | None] = mapped_column(String(255))
    leased_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class DeliveryRow(Row):
    """One message to one webhook. `id` grows within a report as its `seq` does."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["webhook_id"], ["webhooks.id"]),
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_deliveries_due", "webhook_id", "state", "next_attempt_at"),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    webhook_id: Mapped[str] = mapped_column(String(36))
    event_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(64))
    report_id: Mapped[str] = mapped_column(String(36))
    seq: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    traceparent: Mapped[str | None] = mapped_column(String(55))
    state: Mapped[str] = mapped_column(String(20), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_attempt_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    response_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(40))
