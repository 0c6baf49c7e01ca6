"""Idempotency keys: a request that is sent again gets the answer that was given the first time.

The answer is kept in the transaction of the work itself. A process that dies leaves either both
or nothing, so no key is ever left claimed by the dead (docs/adr/0015).
"""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from libs.clock import Clock
from libs.errors import Conflict
from libs.events.headers import reused_key
from services.ingest.answers import Answer
from services.ingest.tables import IdempotencyKeyRow


class IdempotencyKeys:
    """The keys of all partners, each kept for a while after its answer."""

    def __init__(self, clock: Clock, keep: dt.timedelta) -> None:
        self._clock = clock
        self._keep = keep
        self._lock = threading.Lock()
        self._in_hand: set[tuple[str, str]] = set()

    @contextmanager
    def in_hand(self, partner: str, key: str) -> Iterator[None]:
        """While it lasts nobody else in this process works under the key. Raises Conflict."""
        name = (partner, key)
        with self._lock:
            if name in self._in_hand:
                raise _in_progress()
            self._in_hand.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._in_hand.discard(name)

    def once(
        self,
        session: Session,
        name: tuple[str, str],
        fingerprint: str,
        work: Callable[[Session], Answer],
    ) -> Answer:
        """The answer kept under a partner's key, else that of `work`, which is kept.

        `fingerprint` says what is asked for. Raises InvalidInput where the key was used for
        something else, Conflict where another replica works under it.
        """
        _lock(session, name)
        now = self._clock()
        row = session.get(IdempotencyKeyRow, name)
        if row is not None and row.created_at > now - self._keep:
            if row.fingerprint != fingerprint:
                raise reused_key()
            return Answer(row.status, row.headers, row.body).replayed()
        answer = work(session)
        session.merge(
            IdempotencyKeyRow(
                partner=name[0],
                key=name[1],
                fingerprint=fingerprint,
                status=answer.status,
                headers=dict(answer.headers),
                body=answer.body,
                created_at=now,
            )
        )
        return answer


def forget_keys(session: Session, before: dt.datetime) -> None:
    """Forget the keys of a moment and from before it."""
    session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.created_at <= before))


def _lock(session: Session, name: tuple[str, str]) -> None:
    if session.get_bind().dialect.name != "postgresql":
        # SQLite's writers wait for one another: whoever comes second finds the answer.
        return
    number = int.from_bytes(hashlib.sha256("\0".join(name).encode()).digest()[:8], signed=True)
    # It ends with the transaction, and so with a process that dies.
    taken = session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": number})
    if not taken:
        raise _in_progress()


def _in_progress() -> Conflict:
    return Conflict(
        "A request with this Idempotency-Key is being carried out. Send it again in a moment: "
        "you will get its answer.",
        code="in-progress",
        retry_after=1.0,
    )
