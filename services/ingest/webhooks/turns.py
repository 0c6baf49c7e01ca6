"""A webhook's turn: what waits for it is sent in order, and what came of it is noted."""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from libs.clock import Clock
from libs.database.engine import Database
from services.ingest.webhooks import queue
from services.ingest.webhooks.calling import GONE, Outcome
from services.ingest.webhooks.schedule import next_delay, read_retry_after, rest
from services.ingest.webhooks.sending import Message, Sender, Target
from services.ingest.webhooks.tables import DELIVERED, FAILED, WAITING, DeliveryRow, WebhookRow

log = logging.getLogger(__name__)

# A turn is short, so that all webhooks get theirs and little is sent twice after a kill -9.
MESSAGES: Final = 20
TURN = dt.timedelta(seconds=5)
# These say that the webhook's server is in trouble: it says itself when to come back.
OVERLOADED: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Turns:
    """Takes turns. `by` is the name that leases are held under."""

    database: Database
    sender: Sender
    clock: Clock
    jitter: Callable[[], float]
    by: str
    disable_after: dt.timedelta

    def take(self, lease: queue.Lease) -> int:
        """Send what is due; the first failure ends the turn. Returns how many were sent.

        It is noted after it was sent: a process that dies in between sends it again, with the
        same id. Raises Unavailable when the database is away.
        """
        with self.database.read() as session:
            row = queue.webhook_with_secrets(session, lease.webhook_id)
            deliveries = queue.due_deliveries(session, lease.webhook_id, self.clock(), MESSAGES)
        attempts = self._send(row, deliveries) if row is not None else []
        with self.database.write() as session:
            self._note(session, lease.webhook_id, attempts)
            queue.release(session, lease, self.by)
        return len(attempts)

    def _send(
        self, row: WebhookRow, deliveries: list[DeliveryRow]
    ) -> list[tuple[DeliveryRow, Outcome]]:
        attempts: list[tuple[DeliveryRow, Outcome]] = []
        began = self.clock()
        target = Target(row.id, row.url, queue.valid_secrets(row, began))
        with self.sender.caller() as caller:
            for delivery in deliveries:
                outcome = self.sender.send(caller, target, _message(delivery))
                attempts.append((delivery, outcome))
                if not outcome.delivered or self.clock() - began > TURN:
                    break
        return attempts

    def _note(
        self, session: Session, webhook_id: str, attempts: list[tuple[DeliveryRow, Outcome]]
    ) -> None:
        row = session.get(WebhookRow, webhook_id, with_for_update=queue.BESIDE_INTAKE)
        if row is None:
            # It was removed meanwhile, and its deliveries with it.
            return
        now = self.clock()
        for sent, outcome in attempts:
            delivery = session.get(DeliveryRow, sent.id)
            if delivery is None:
                continue
            delivery.attempts += 1
            delivery.last_attempt_at = now
            delivery.response_code, delivery.error = outcome.response_code, outcome.error
            if outcome.delivered:
                delivery.state = DELIVERED
                row.failing_since, row.rest_until, row.strikes = None, None, 0
            else:
                self._put_off(row, delivery, outcome, now)
            self.sender.count(_became(row, delivery), outcome)

    def _put_off(
        self, row: WebhookRow, delivery: DeliveryRow, outcome: Outcome, now: dt.datetime
    ) -> None:
        asked = read_retry_after(outcome.retry_after, now)
        delay = next_delay(delivery.attempts, self.jitter)
        if delay is None:
            delivery.state = FAILED
        else:
            delivery.next_attempt_at = now + dt.timedelta(seconds=max(delay, asked))
        row.strikes += 1
        row.failing_since = row.failing_since or now
        pause = rest(row.strikes)
        if outcome.response_code in OVERLOADED:
            pause = max(pause, asked)
        row.rest_until = now + dt.timedelta(seconds=pause)
        if outcome.response_code == GONE:
            _disable(row, "gone", now)
        elif now - row.failing_since >= self.disable_after:
            _disable(row, "failing", now)
        log.info(
            "a webhook message did not get through",
            extra={
                "webhook_id": row.id,
                "message_id": delivery.event_id,
                "attempts": delivery.attempts,
                "response_code": outcome.response_code,
                "error": outcome.error,
            },
        )


def _disable(row: WebhookRow, code: str, now: dt.datetime) -> None:
    if row.disabled_at is None:
        row.disabled_at, row.disabled_code = now, code
        log.warning("a webhook is disabled", extra={"webhook_id": row.id, "code": code})


def _became(row: WebhookRow, delivery: DeliveryRow) -> str:
    if delivery.state == WAITING:
        return "retry" if row.disabled_at is None else "disabled"
    return delivery.state


def _message(delivery: DeliveryRow) -> Message:
    return Message(
        id=delivery.event_id,
        type=delivery.type,
        body=delivery.body,
        attempt=delivery.attempts + 1,
        traceparent=delivery.traceparent,
    )
