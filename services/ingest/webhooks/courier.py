"""The worker that brings messages to webhooks: many at once, each webhook in one turn at a time."""

import datetime as dt
import logging
import threading
import time
from typing import Final

from libs.clock import Clock
from libs.database.engine import Database
from libs.errors import Unavailable
from libs.periodic import PeriodicWorker
from services.ingest.webhooks import queue
from services.ingest.webhooks.turns import Turns

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
# Longer than any turn takes: looking up a name, and a request that uses its time up to the end.
LEASE: Final = dt.timedelta(seconds=180)
CLEAN_EVERY_S: Final = 3_600.0
CLEAN_BATCH: Final = 500


class Courier(PeriodicWorker):
    """Hands turns to threads. Webhooks that are failing get half of them at most.

    So a hundred webhooks that hang, each for as long as it may, do not keep the others waiting.
    """

    def __init__(
        self, database: Database, turns: Turns, clock: Clock, senders: int, keep: dt.timedelta
    ) -> None:
        super().__init__("webhooks", self._look)
        self._database = database
        self._turns = turns
        self._clock = clock
        self._senders = senders
        self._keep = keep
        self._lock = threading.Lock()
        self._busy: dict[threading.Thread, bool] = {}
        self._bug: Exception | None = None
        self._registered = True
        self._began = False
        self._clean_at = 0.0

    def wake(self) -> None:
        """A report's status has changed. It costs nothing where no webhook is registered."""
        if self._registered:
            self.look_now()

    def look_now(self) -> None:
        """There may be something to send, whatever the last look found."""
        super().wake()

    def stop(self, timeout: float) -> None:
        """Finish the turns in hand. What does not end in time is sent again by the next process."""
        until = time.monotonic() + timeout
        super().stop(timeout)
        with self._lock:
            busy = list(self._busy)
        for thread in busy:
            thread.join(max(0.0, until - time.monotonic()))

    def _look(self) -> float:
        if self._bug is not None:
            raise self._bug
        if not self._began:
            with self._database.write() as session:
                queue.release_all(session, self._turns.by)
            self._began = True
        self._clean()
        with self._database.read() as session:
            self._registered = queue.any_enabled(session)
        if self._registered:
            self._begin_turns(failing=False)
            self._begin_turns(failing=True)
        return LOOK_EVERY_S

    def _begin_turns(self, *, failing: bool) -> None:
        room = self._room(failing=failing)
        if room <= 0:
            return
        with self._database.read() as session:
            wanted = queue.due(session, self._clock(), room, failing=failing)
        if not wanted:
            return
        with self._database.write() as session:
            leases = queue.claim(session, wanted, self._turns.by, self._clock(), LEASE)
        for lease in leases:
            thread = threading.Thread(target=self._turn, args=(lease,), name="webhook", daemon=True)
            with self._lock:
                self._busy[thread] = failing
            thread.start()

    def _room(self, *, failing: bool) -> int:
        with self._lock:
            free = self._senders - len(self._busy)
            return min(free, self._senders // 2 - sum(self._busy.values())) if failing else free

    def _turn(self, lease: queue.Lease) -> None:
        try:
            self._turns.take(lease)
        except Unavailable as error:
            # The lease runs out by itself, and what was sent is sent again.
            log.warning("a turn was not noted", extra={"reason": error.detail})
        except Exception as error:  # noqa: BLE001 - raised where the worker is watched
            self._bug = error
        finally:
            with self._lock:
                del self._busy[threading.current_thread()]
            self.wake()

    def _clean(self) -> None:
        if time.monotonic() < self._clean_at:
            return
        with self._database.write() as session:
            removed = queue.remove_old(session, self._clock() - self._keep, CLEAN_BATCH)
        if removed < CLEAN_BATCH:
            self._clean_at = time.monotonic() + CLEAN_EVERY_S
