"""A worker that takes one step after another in a thread of its own, with a pause in between."""

import logging
import threading
from collections.abc import Callable

from libs.errors import Unavailable

log = logging.getLogger(__name__)

FIRST_BACKOFF_S = 1.0
MAX_BACKOFF_S = 10.0


class PeriodicWorker:
    """Calls `step` until it is stopped; `step` returns how many seconds to wait before the next.

    Unavailable is waited out, longer each time; any other error is a bug and ends the worker.
    """

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self.name = name
        self._step = step
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble: str | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Finish the step in hand. Harmless where nothing was started."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def wake(self) -> None:
        """Cut the pause short: there is something to do."""
        self._wake.set()

    def health(self) -> str | None:
        """None when the last step went well, otherwise what it waits for."""
        return self._trouble

    def failed(self) -> bool:
        """True when the thread died of a bug."""
        started, stopping = self._thread, self._stopping.is_set()
        return started is not None and not stopping and not started.is_alive()

    def _run(self) -> None:
        backoff = FIRST_BACKOFF_S
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                pause = self._step()
            except Unavailable as error:
                log.warning("a worker waits", extra={"worker": self.name, "reason": error.detail})
                self._trouble = error.detail
                # Not to be woken: what comes in meanwhile does not make the other side answer.
                self._stopping.wait(backoff)
                backoff = min(backoff * 2, MAX_BACKOFF_S)
                continue
            self._trouble, backoff = None, FIRST_BACKOFF_S
            if not self._stopping.is_set():
                self._wake.wait(pause)
