"""Webhooks and deliveries as their partner is told of them: never with a secret."""

import base64
import datetime as dt
from typing import Final

from libs.errors import FieldError, InvalidInput
from libs.events.report import ReportStatus
from libs.events.webhook import Delivery, Disabled, Webhook
from services.ingest.webhooks.tables import WAITING, DeliveryRow, WebhookRow

_REASONS: Final = {
    "gone": "It answered 410 Gone, which asks for no more messages.",
    "failing": "Every attempt failed for days.",
    "paused": "It was paused by its partner.",
}
_LARGEST: Final = 2**31 - 1


def webhook_of(row: WebhookRow, now: dt.datetime) -> Webhook:
    """A webhook as it stands."""
    until = row.previous_secret_until
    return Webhook(
        id=row.id,
        url=row.url,
        events=tuple(ReportStatus(value) for value in row.events),
        description=row.description,
        created_at=row.created_at,
        enabled=row.disabled_at is None,
        disabled=_disabled(row),
        failing_since=row.failing_since,
        previous_secret_until=until if until and until > now else None,
    )


def delivery_of(row: DeliveryRow) -> Delivery:
    """A delivery as it stands."""
    return Delivery.model_validate(
        {
            "id": row.event_id,
            "type": row.type,
            "report_id": row.report_id,
            "seq": row.seq,
            "state": row.state,
            "attempts": row.attempts,
            "created_at": row.created_at,
            "last_attempt_at": row.last_attempt_at,
            "response_code": row.response_code,
            "error": row.error,
            "next_attempt_at": row.next_attempt_at if row.state == WAITING else None,
        }
    )


def next_page(last: int) -> str:
    """The cursor of the page that begins behind a delivery."""
    return base64.urlsafe_b64encode(str(last).encode()).decode()


def read_page(cursor: str) -> int:
    """The delivery that a page begins behind. Raises InvalidInput for a cursor not of ours."""
    try:
        last = int(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        last = 0
    if not 0 < last <= _LARGEST:
        raise InvalidInput(
            "The cursor is not one of ours. Take it from `next` of the page before.",
            errors=(FieldError("/query/cursor", "Not a cursor"),),
        )
    return last


def _disabled(row: WebhookRow) -> Disabled | None:
    if row.disabled_at is None or row.disabled_code is None:
        return None
    return Disabled.model_validate(
        {
            "code": row.disabled_code,
            "reason": _REASONS[row.disabled_code],
            "at": row.disabled_at,
        }
    )
