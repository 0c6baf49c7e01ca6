"""Hands bulk to a process of its own, so that questions never wait for it (docs/adr/0024)."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from libs.errors import Unavailable
from services.embed.embedder import Embedder, Vectors
from services.embed.prefixes import E5, Prefixes
from services.embed.wrapped_embedder import WrappedEmbedder

log = logging.getLogger(__name__)

# A report now and then is embedded here at once. A worker takes 1.5 s to start and 250 MB, and is
# worth it when so many passages (three seconds of work) came within so many seconds.
BULK_PASSAGES: Final = 100
WITHIN_S: Final = 10.0
IDLE_S: Final = 30.0
START_S: Final = 60.0
# Twenty times what a text takes on two cores: a worker that needs longer hangs, as one has.
ANSWER_S: Final = 10.0
ANSWER_S_PER_TEXT: Final = 0.5

Opening = tuple[Path | None, Prefixes]
"""What a worker is told first: the source of the model, None for the bundled one, and prefixes."""


class WithBulkWorker(WrappedEmbedder):
    """An Embedder that answers questions here and has bulk done by a worker while there is any.

    Any number of threads may call; passages of one call after the other's. Close it in the end.
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


class BulkWorker:
    """The worker process: started in the background, gone again when it has nothing to do."""

    def __init__(self, models: Path, idle_s: float, opening: Opening) -> None:
        self._models = models
        self._opening = opening
        self._idle_s = idle_s
        self._turn = threading.Lock()
        # The kernel ties a worker to the thread that started it, so one thread starts them all.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed-worker")
        self._living = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The ready worker's process id, or None."""
        process = self._process
        return process.pid if process and self._connection else None

    def start(self) -> None:
        """Begin to start one, unless there is one or one is starting."""
        if self._closed or not self._living.acquire(blocking=False):
            return
        try:
            self._starter.submit(self._live)
        except RuntimeError:  # closed in between
            self._living.release()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, by the worker. Raises Unavailable when it is or goes away."""
        with self._turn:
            connection = self._connection
            if connection is None:
                raise _ended()
            try:
                connection.send(list(texts))
                if not connection.poll(ANSWER_S + ANSWER_S_PER_TEXT * len(texts)):
                    raise TimeoutError("it does not answer")
                vectors: Vectors = connection.recv()
            except (OSError, EOFError) as error:
                self._connection = None
                self._kill()
                raise _ended() from error
            return vectors

    def close(self) -> None:
        """End it, whatever it does."""
        self._closed = True
        self._kill()
        self._starter.shutdown()

    def _live(self) -> None:
        """Start one, and stay with it to its end."""
        try:
            ours, theirs = Pipe()
            with theirs, self._started(theirs) as process:
                theirs.close()
                self._process = process
                try:
                    self._serve(process, ours)
                finally:
                    self._process = self._connection = None
                    process.kill()
            # Whoever waits for an answer has heard of the end by now.
            with self._turn:
                ours.close()
        except (OSError, EOFError) as error:
            # Without a worker bulk is slower and questions wait longer; nothing is lost.
            log.warning("the bulk worker did not start", extra={"reason": str(error)})
        finally:
            self._living.release()

    def _started(self, socket: Connection) -> subprocess.Popen[bytes]:
        arguments = [os.getpid(), socket.fileno(), self._models, self._idle_s]
        return subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-m", "services.embed.bulk_worker", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            pass_fds=[socket.fileno()],
            process_group=0,  # Ctrl-C is for us, and we end it
        )

    def _serve(self, process: subprocess.Popen[bytes], ours: Connection) -> None:
        ours.send(self._opening)
        if not ours.poll(START_S):
            raise TimeoutError(f"it was not ready after {START_S:.0f} s")
        ours.recv()
        if not self._closed:
            self._connection = ours
            process.wait()

    def _kill(self) -> None:
        if process := self._process:
            process.kill()


def _ended() -> Unavailable:
    return Unavailable(
        "the bulk worker has ended; the passages are embedded again", code="bulk-worker-ended"
    )
