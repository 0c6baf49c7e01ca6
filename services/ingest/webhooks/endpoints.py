"""What partners do with their webhooks: register, change, rotate, try, look at, take away."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import ForUpdateParameter

from libs.clock import Clock, NewId
from libs.database.engine import Database
from libs.errors import Conflict, NotFound, Overloaded
from libs.events.webhook import (
    TEST_TYPE,
    Attempt,
    Delivery,
    DeliveryPage,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookList,
    WebhookRegistration,
    WebhookSecret,
)
from services.ingest.webhooks import queue
from services.ingest.webhooks.addresses import Destinations, Refused
from services.ingest.webhooks.sending import Message, Sender, Target
from services.ingest.webhooks.signing import new_secret
from services.ingest.webhooks.tables import WAITING, DeliveryRow, WebhookRow
from services.ingest.webhooks.telling import delivery_of, next_page, webhook_of

# Requests that wait for somebody else's name server or web server. They hold a thread of ingest
# meanwhile, and must leave most of them to reports.
OUTWARD_AT_ONCE: Final = 4
_TRY_AGAIN_S: Final = 5.0
# A name's addresses are the same for every port.
_ANY_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The webhooks of all partners. `changed` is called when there may be something to send."""

    database: Database
    destinations: Destinations
    sender: Sender
    clock: Clock
    new_id: NewId
    most: int
    overlap: dt.timedelta
    changed: Callable[[], None]
    _outward: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(OUTWARD_AT_ONCE)
    )

    def register(self, partner: str, wanted: WebhookRegistration) -> NewWebhook:
        """A new webhook. Raises Refused for its address, Conflict where there are enough."""
        url, secret, now = self._checked(wanted.url), new_secret(), self.clock()
        with self.database.write() as session:
            self._check_room(session, partner, url)
            row = WebhookRow(
                id=self.new_id(),
                partner=partner,
                url=url,
                events=[status.value for status in wanted.events],
                description=wanted.description,
                secret=secret,
                created_at=now,
                turn_at=now,
            )
            session.add(row)
        self.changed()
        return NewWebhook(secret=secret, **dict(webhook_of(row, now)))

    def all_of(self, partner: str) -> WebhookList:
        """A partner's webhooks, oldest first."""
        mine = select(WebhookRow).where(WebhookRow.partner == partner)
        with self.database.read() as session:
            found = session.scalars(mine.order_by(WebhookRow.created_at, WebhookRow.id)).all()
        now = self.clock()
        return WebhookList(items=tuple(webhook_of(row, now) for row in found))

    def one(self, partner: str, webhook_id: str) -> Webhook:
        """Raises NotFound, also for another's."""
        with self.database.read() as session:
            return webhook_of(_own(session, partner, webhook_id), self.clock())

    def change(self, partner: str, webhook_id: str, wanted: WebhookChange) -> Webhook:
        """Change what is named. Raises as `register` and `one` do."""
        url = self._checked(wanted.url) if wanted.url is not None else None
        with self.database.write() as session:
            row, now = _own(session, partner, webhook_id, queue.BESIDE_INTAKE), self.clock()
            if url is not None and url != row.url:
                _check_address_is_new(session, partner, url)
                row.url, row.rest_until = url, None
            if wanted.events is not None:
                row.events = [status.value for status in wanted.events]
            if wanted.description is not None:
                row.description = wanted.description
            if wanted.enabled is not None:
                _set_enabled(row, enabled=wanted.enabled, now=now)
        self.changed()
        return webhook_of(row, now)

    def remove(self, partner: str, webhook_id: str) -> None:
        """Take it away with all its deliveries. Raises as `one` does."""
        with self.database.write() as session:
            # Reports that are about to be announced to it are waited for.
            row = _own(session, partner, webhook_id, lock=True)
            session.execute(delete(DeliveryRow).where(DeliveryRow.webhook_id == row.id))
            session.delete(row)

    def rotate(self, partner: str, webhook_id: str) -> WebhookSecret:
        """A new secret; the one before it goes on signing for a while. Raises as `one` does."""
        secret = new_secret()
        with self.database.write() as session:
            row = _own(session, partner, webhook_id, queue.BESIDE_INTAKE)
            until = self.clock() + self.overlap
            row.previous_secret, row.previous_secret_until = row.secret, until
            row.secret = secret
        return WebhookSecret(secret=secret, previous_until=until)

    def test(self, partner: str, webhook_id: str) -> Attempt:
        """Send a test message now, whether it is enabled or not. Raises as `one` does.

        Raises Overloaded while too many others are being tested.
        """
        now = self.clock()
        with self.database.read() as session:
            found = _own(session, partner, webhook_id).id
            row = queue.webhook_with_secrets(session, found)
        if row is None:
            raise _no_such_webhook()
        body = {"type": TEST_TYPE, "timestamp": now.isoformat(), "data": {"webhook_id": row.id}}
        message = Message(f"msg_{self.new_id().replace('-', '')}", TEST_TYPE, json.dumps(body))
        target = Target(row.id, row.url, queue.valid_secrets(row, now))
        with self._going_outward(), self.sender.caller() as caller:
            outcome = self.sender.send(caller, target, message)
        self.sender.count("test", outcome)
        return Attempt(
            delivered=outcome.delivered,
            response_code=outcome.response_code,
            error=outcome.error,
            duration_ms=round(outcome.duration_s * 1_000),
        )

    def deliveries(
        self, partner: str, webhook_id: str, *, before: int | None, limit: int
    ) -> DeliveryPage:
        """Deliveries, newest first, from before a cursor's number. Raises as `one` does."""
        with self.database.read() as session:
            row = _own(session, partner, webhook_id)
            wanted = select(DeliveryRow).where(DeliveryRow.webhook_id == row.id)
            if before is not None:
                wanted = wanted.where(DeliveryRow.id < before)
            newest = wanted.order_by(DeliveryRow.id.desc()).limit(limit + 1)
            found = session.scalars(newest).all()
        return DeliveryPage(
            items=tuple(delivery_of(each) for each in found[:limit]),
            next=next_page(found[limit - 1].id) if len(found) > limit else None,
        )

    def retry(self, partner: str, webhook_id: str, event_id: str) -> Delivery:
        """Send a message again now, one that was delivered too. Raises as `one` does.

        Raises Conflict for a webhook that is disabled.
        """
        with self.database.write() as session:
            row = _own(session, partner, webhook_id, queue.BESIDE_INTAKE)
            delivery = _delivery(session, row.id, event_id)
            if row.disabled_at is not None:
                raise Conflict("The webhook is disabled. Enable it, then try again.")
            delivery.state, delivery.next_attempt_at = WAITING, self.clock()
            row.rest_until = None
        self.changed()
        return delivery_of(delivery)

    def _checked(self, text: str) -> str:
        url = self.destinations.checked(text)
        try:
            with self._going_outward():
                self.destinations.addresses(url.raw_host.decode("ascii"), url.port or _ANY_PORT)
        except OSError as error:
            raise Refused("The host's name is not known. Check its spelling.") from error
        return str(url)

    def _check_room(self, session: Session, partner: str, url: str) -> None:
        mine = select(func.count()).select_from(WebhookRow).where(WebhookRow.partner == partner)
        if (session.scalar(mine) or 0) >= self.most:
            raise Conflict(
                f"You have {self.most} webhooks, and no more are taken. Remove one first.",
                code="too-many-webhooks",
            )
        _check_address_is_new(session, partner, url)

    @contextmanager
    def _going_outward(self) -> Iterator[None]:
        if not self._outward.acquire(blocking=False):
            raise Overloaded(
                "Too many webhooks are being tried at the moment. Try again in a few seconds.",
                retry_after=_TRY_AGAIN_S,
            )
        try:
            yield
        finally:
            self._outward.release()


def _own(
    session: Session, partner: str, webhook_id: str, lock: ForUpdateParameter = None
) -> WebhookRow:
    row = session.get(WebhookRow, webhook_id, with_for_update=lock) if _plain(webhook_id) else None
    if row is None or row.partner != partner:
        raise _no_such_webhook()
    return row


def _delivery(session: Session, webhook_id: str, event_id: str) -> DeliveryRow:
    wanted = select(DeliveryRow).where(
        DeliveryRow.webhook_id == webhook_id, DeliveryRow.event_id == event_id
    )
    row = session.scalar(wanted) if _plain(event_id) else None
    if row is None:
        raise NotFound("There is no such delivery; it may be too old to be kept.")
    return row


def _plain(text: str) -> bool:
    # PostgreSQL refuses NUL in a text with an error, where SQLite just finds nothing.
    return text.isprintable()


def _no_such_webhook() -> NotFound:
    return NotFound("There is no such webhook of yours. Check the id.")


def _check_address_is_new(session: Session, partner: str, url: str) -> None:
    same = select(WebhookRow.id).where(WebhookRow.partner == partner, WebhookRow.url == url)
    other = session.scalar(same)
    if other is not None:
        raise Conflict(f"The webhook {other} has this address already. Change that one instead.")


def _set_enabled(row: WebhookRow, *, enabled: bool, now: dt.datetime) -> None:
    if enabled:
        row.disabled_at, row.disabled_code = None, None
        row.failing_since, row.rest_until, row.strikes = None, None, 0
    elif row.disabled_at is None:
        row.disabled_at, row.disabled_code = now, "paused"
