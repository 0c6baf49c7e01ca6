"""The transactional outbox: events decided together with a record, waiting to be published.

A row is written in the record's own transaction and deleted once the broker has acknowledged
the event. https://microservices.io/patterns/data/transactional-outbox.html
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Sequence

from sqlalchemy import JSON, LargeBinary, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from libs.bus.record import Record
from libs.database.engine import Database, UtcDateTime
from libs.database.mapping import Row
from libs.errors import Unavailable

log = logging.getLogger(__name__)

BATCH = 200
IDLE_WAIT_S = 1.0
MAX_BACKOFF_S = 10.0


class OutboxRow(Row):
    """One event that the broker has not acknowledged yet."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(249))
    key: Mapped[str] = mapped_column(String(64))
    value: Mapped[bytes] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


def append(session: Session, record: Record, now: dt.datetime) -> None:
    """Add an event to the transaction in hand."""
    headers = {name: value.decode() for name, value in record.headers}
    session.add(
        OutboxRow(
            topic=record.topic, key=record.key, value=record.value, headers=headers, created_at=now
        )
    )


def oldest(session: Session) -> dt.datetime | None:
    """When the oldest waiting event was written; None when nothing waits."""
    return session.scalar(select(func.min(OutboxRow.created_at)))


class OutboxRelay:
    """A worker that publishes what waits in the outbox, in order, for as long as it takes.

    `wake()` after a commit makes it look at once; without it, it looks every second, which is
    how events of a replica that died are picked up.
    """

    name = "outbox-relay"

    def __init__(self, database: Database, send: Callable[[Sequence[Record]], None]) -> None:
        self._database = database
        self._send = send
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._trouble: str | None = None

    def start(self) -> None:
        """Begin to publish, in a thread of its own."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Finish the batch in hand. What still waits is published at the next start."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout)

    def health(self) -> str | None:
        """None when the outbox flows, otherwise why it does not."""
        return self._trouble

    def failed(self) -> bool:
        """True when the thread died of a bug."""
        return not self._stopping.is_set() and not self._thread.is_alive()

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    def relay_batch(self) -> int:
        """Publish the oldest waiting events and forget them; returns how many.

        Raises Unavailable when the broker or the database does not answer.
        """
        # On PostgreSQL the rows stay locked while they are sent, so that replicas do not publish
        # the same events. On SQLite there is one relay, and a write lock held during a broker's
        # outage would stop all intake: so read and delete are two transactions.
        with self._database.read() as session:
            oldest_rows = select(OutboxRow).order_by(OutboxRow.id).limit(BATCH)
            rows = session.scalars(oldest_rows.with_for_update(skip_locked=True)).all()
            if rows:
                self._send([_record(row) for row in rows])
        if rows:
            with self._database.write() as session:
                session.execute(delete(OutboxRow).where(OutboxRow.id.in_([r.id for r in rows])))
        return len(rows)

    def _run(self) -> None:
        backoff = IDLE_WAIT_S
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                sent = self.relay_batch()
                self._trouble, backoff = None, IDLE_WAIT_S
            except Unavailable as error:
                log.warning("outbox is waiting", extra={"reason": error.detail})
                self._trouble, backoff = error.detail, min(backoff * 2, MAX_BACKOFF_S)
                self._stopping.wait(backoff)
                continue
            if sent < BATCH:
                self._wake.wait(IDLE_WAIT_S)


def _record(row: OutboxRow) -> Record:
    headers = tuple((name, value.encode()) for name, value in row.headers.items())
    return Record(topic=row.topic, key=row.key, value=row.value, headers=headers)
