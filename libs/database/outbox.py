"""The transactional outbox: events decided together with a record, waiting to be published.

A row is written in the record's own transaction and deleted once the broker has acknowledged
the event. https://microservices.io/patterns/data/transactional-outbox.html
"""

import datetime as dt
from collections.abc import Callable, Sequence

from sqlalchemy import JSON, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from libs.bus.record import Record
from libs.database.engine import Database, UtcDateTime
from libs.database.mapping import Row
from libs.periodic import PeriodicWorker

BATCH = 200
IDLE_WAIT_S = 1.0


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


class OutboxRelay(PeriodicWorker):
    """A worker that publishes what waits in the outbox, oldest first, for as long as it takes.

    `wake()` after a commit makes it look at once; without it, it looks every second, which is
    how events of a replica that died are picked up. What still waits when it is stopped is
    published at the next start.
    """

    def __init__(self, database: Database, send: Callable[[Sequence[Record]], None]) -> None:
        super().__init__("outbox-relay", self._relay)
        self._database = database
        self._send = send

    def relay_batch(self) -> int:
        """Publish the oldest waiting events and forget them; returns how many.

        Raises Unavailable when the broker or the database does not answer.
        """
        # Read and delete are two transactions, because on SQLite a write lock held while the
        # broker is away would stop all intake. On PostgreSQL the rows are locked while they are
        # sent, which keeps other replicas from sending the same ones meanwhile; between the two
        # transactions they are not, so an event may be published twice, and replicas may
        # overtake one another. Handlers are made for both.
        with self._database.read() as session:
            oldest_rows = select(OutboxRow).order_by(OutboxRow.id).limit(BATCH)
            rows = session.scalars(oldest_rows.with_for_update(skip_locked=True)).all()
            if rows:
                self._send([_record(row) for row in rows])
        if rows:
            with self._database.write() as session:
                session.execute(delete(OutboxRow).where(OutboxRow.id.in_([r.id for r in rows])))
        return len(rows)

    def _relay(self) -> float:
        return 0.0 if self.relay_batch() == BATCH else IDLE_WAIT_S


def _record(row: OutboxRow) -> Record:
    headers = tuple((name, value.encode()) for name, value in row.headers.items())
    return Record(topic=row.topic, key=row.key, value=row.value, headers=headers)
