"""What waits to be sent, and who sends it: reads and writes within the caller's transaction.

One sender at a time holds a webhook, by a lease that ends by itself when the sender dies.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, undefer
from sqlalchemy.sql.selectable import ForUpdateParameter

from services.ingest.webhooks.tables import WAITING, DeliveryRow, WebhookRow

# A lock on a webhook's row that keeps out other writers of it, but not a report's status change,
# which only holds that the row is there (PostgreSQL's FOR NO KEY UPDATE).
BESIDE_INTAKE: Final[ForUpdateParameter] = {"key_share": True}


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send to a webhook until a moment."""

    webhook_id: str
    until: dt.datetime


def any_enabled(session: Session) -> bool:
    """True when there is a webhook to which something may have to be sent."""
    return bool(session.scalar(select(exists().where(WebhookRow.disabled_at.is_(None)))))


def due(session: Session, now: dt.datetime, limit: int, *, failing: bool) -> list[str]:
    """Webhooks for which something is to be sent and that nobody holds; the longest unserved first.

    Those that are well and those that are failing are asked for apart.
    """
    waiting = exists().where(
        DeliveryRow.webhook_id == WebhookRow.id,
        DeliveryRow.state == WAITING,
        DeliveryRow.next_attempt_at <= now,
    )
    troubled = WebhookRow.failing_since.is_not(None)
    found = session.scalars(
        select(WebhookRow.id)
        .where(_free(now), troubled if failing else ~troubled, waiting)
        .order_by(WebhookRow.turn_at)
        .limit(limit)
    )
    return list(found)


def claim(
    session: Session, webhook_ids: Sequence[str], by: str, now: dt.datetime, length: dt.timedelta
) -> list[Lease]:
    """Leases on those of the webhooks that nobody else has taken meanwhile."""
    until = now + length
    taken = update(WebhookRow).values(leased_by=by, leased_until=until, turn_at=now)
    return [
        Lease(webhook_id, until)
        for webhook_id in webhook_ids
        if session.execute(
            taken.where(WebhookRow.id == webhook_id, _free(now)).returning(WebhookRow.id)
        ).first()
    ]


def release(session: Session, lease: Lease, by: str) -> None:
    """Give a lease back, unless it has run out and is another's."""
    session.execute(
        update(WebhookRow)
        .where(
            WebhookRow.id == lease.webhook_id,
            WebhookRow.leased_by == by,
            WebhookRow.leased_until == lease.until,
        )
        .values(leased_until=None)
    )


def release_all(session: Session, by: str) -> None:
    """Give back what an earlier process of the same name held when it ended."""
    session.execute(update(WebhookRow).where(WebhookRow.leased_by == by).values(leased_until=None))


def webhook_with_secrets(session: Session, webhook_id: str) -> WebhookRow | None:
    """The webhook with what its messages are signed with; None when it was removed."""
    options = [undefer(WebhookRow.secret), undefer(WebhookRow.previous_secret)]
    return session.get(WebhookRow, webhook_id, options=options)


def valid_secrets(row: WebhookRow, now: dt.datetime) -> list[str]:
    """The secret, and the one before it while both are valid."""
    until = row.previous_secret_until
    both = row.previous_secret is not None and until is not None and until > now
    return [row.secret, *([row.previous_secret or ""] if both else [])]


def due_deliveries(
    session: Session, webhook_id: str, now: dt.datetime, limit: int
) -> list[DeliveryRow]:
    """What is to be sent to a webhook now, in the order in which it happened."""
    found = session.scalars(
        select(DeliveryRow)
        .where(
            DeliveryRow.webhook_id == webhook_id,
            DeliveryRow.state == WAITING,
            DeliveryRow.next_attempt_at <= now,
        )
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    return list(found)


def remove_old(session: Session, before: dt.datetime, limit: int) -> int:
    """Forget deliveries from before a moment, so many at most; returns how many.

    What may still be sent is kept.
    """
    disabled = select(WebhookRow.id).where(WebhookRow.disabled_at.is_not(None))
    old = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.created_at < before,
            or_(DeliveryRow.state != WAITING, DeliveryRow.webhook_id.in_(disabled)),
        )
        .limit(limit)
    )
    ids = list(session.scalars(old))
    session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(ids)))
    return len(ids)


def _free(now: dt.datetime) -> ColumnElement[bool]:
    return and_(
        WebhookRow.disabled_at.is_(None),
        or_(WebhookRow.rest_until.is_(None), WebhookRow.rest_until <= now),
        or_(WebhookRow.leased_until.is_(None), WebhookRow.leased_until <= now),
    )
