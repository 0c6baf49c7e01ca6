"""Hands bulk to a process of its own, so that questions never wait for it (docs/adr/0024)."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from services.embed.bulk_client import BulkWorker
from services.embed.embedder import Embedder, Vectors
from services.embed.prefixes import E5, Prefixes
from services.embed.wrapped_embedder import WrappedEmbedder

# A report now and then is embedded here at once. A worker takes 1.5 s to start and 250 MB, and is
# worth it when so many passages (three seconds of work) came within so many seconds.
BULK_PASSAGES: Final = 100
WITHIN_S: Final = 10.0
IDLE_S: Final = 30.0


class WithBulkWorker(WrappedEmbedder):
    """An Embedder that answers questions here and has bulk done by a worker while there is any.

    Any number of threads may call. Close it in the end.
    """

    def __init__(
        self,
        engine: Embedder,
        models: Path,
        *,
        source: Path | None = None,
        prefixes: Prefixes = E5,
        idle_s: float = IDLE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`engine` answers here; a worker opens the same model from the folder `models`.

        `source` and `prefixes` are the engine's own; see `prepare_model` and `OpenVinoEmbedder`.
        """
        super().__init__(engine)
        self._worker = BulkWorker(models, idle_s, (source, prefixes))
        self._rush = Rush(BULK_PASSAGES, WITHIN_S, monotonic)

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker that is ready, or None."""
        return self._worker.pid

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Raises Unavailable when the worker died of it; the next call may do."""
        if self._rush.counting(len(texts)):
            self._worker.start()
        return self._worker.embed(texts) if self._worker.pid else super().embed_passages(texts)

    def close(self) -> None:
        """See Embedder."""
        self._worker.close()
        super().close()


class Rush:
    """Whether much came of late: `limit` within `window_s` seconds. Thread-safe."""

    def __init__(self, limit: int, window_s: float, monotonic: Callable[[], float]) -> None:
        self._limit = limit
        self._window_s = window_s
        self._monotonic = monotonic
        self._level = 0.0
        self._at = monotonic()
        self._lock = threading.Lock()

    def counting(self, count: int) -> bool:
        """Count some more; True when that makes it a rush. What came fades over the window."""
        with self._lock:
            now = self._monotonic()
            faded = self._limit * (now - self._at) / self._window_s
            self._level = max(0.0, self._level - faded) + count
            self._at = now
            return self._level >= self._limit
