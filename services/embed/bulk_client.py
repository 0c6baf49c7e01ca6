"""The bulk worker, as seen by the service that starts it: what it is asked and what it answers."""

import itertools
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from libs.errors import Unavailable
from services.embed.embedder import Vectors
from services.embed.prefixes import Prefixes

log = logging.getLogger(__name__)

START_S: Final = 60.0
# A start takes 1.5 s of a core: one that fails is not tried again with every report.
NEXT_START_S: Final = 30.0
# Twenty times what a text takes on two cores: a worker that needs longer hangs, as one has.
ANSWER_S: Final = 10.0
ANSWER_S_PER_TEXT: Final = 0.5

Opening = tuple[Path | None, Prefixes]
"""What a worker is told first: the source of the model, None for the bundled one, and prefixes."""


class BulkWorker:
    """The worker process: started in the background, gone again when it has nothing to do.

    Any number of threads may call: while it computes for one, it has the next one's texts already.
    """

    def __init__(self, models: Path, idle_s: float, opening: Opening) -> None:
        self._models = models
        self._opening = opening
        self._idle_s = idle_s
        # The kernel ties a worker to the thread that started it, so one thread starts them all.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed-worker")
        self._living = threading.Lock()
        self._closed = False
        self._not_before = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        # What is asked through the connection, by number, with how many texts it is about.
        self._asking = threading.Lock()
        self._connection: Connection | None = None
        self._asked: dict[int, tuple[Future[Vectors], int]] = {}

    @property
    def pid(self) -> int | None:
        """The ready worker's process id, or None."""
        process = self._process
        return process.pid if process and self._connection else None

    def start(self) -> None:
        """Begin to start one, unless there is one, one is starting, or the last one could not."""
        if self._closed or time.monotonic() < self._not_before:
            return
        if not self._living.acquire(blocking=False):
            return
        try:
            self._starter.submit(self._live)
        except RuntimeError:  # closed in between
            self._living.release()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, by the worker. Raises Unavailable when it is or goes away."""
        answer, texts_before = self._ask(list(texts))
        try:
            return answer.result(ANSWER_S + ANSWER_S_PER_TEXT * texts_before)
        except TimeoutError as error:
            self._connection = None
            self._kill()
            raise _ended() from error

    def close(self) -> None:
        """End it, whatever it does."""
        self._closed = True
        self._kill()
        self._starter.shutdown()

    def _ask(self, texts: list[str]) -> tuple[Future[Vectors], int]:
        """The answer to come, and how many texts it takes, with those that were sent before."""
        answer: Future[Vectors] = Future()
        with self._asking:
            if self._connection is None:
                raise _ended()
            number = next(self._numbers)
            self._asked[number] = answer, len(texts)
            # One that has stopped reading would keep us here, and all others behind us.
            watchdog = threading.Timer(ANSWER_S, self._kill)
            watchdog.daemon = True
            watchdog.start()
            try:
                self._connection.send((number, texts))
            except OSError:
                # Who reads the answers hears of the end too, and tells all that wait.
                self._connection = None
                self._kill()
            finally:
                watchdog.cancel()
            return answer, sum(count for _, count in self._asked.values())

    def _live(self) -> None:
        """Start one, and stay with it to its end."""
        try:
            ours, theirs = Pipe()
            with ours, theirs, self._started(theirs) as process:
                theirs.close()
                self._process = process
                try:
                    if not self._closed:  # it may have been closed before there was one to kill
                        self._serve(ours)
                finally:
                    process.kill()
                    process.wait()
                    self._let_go()
        except (OSError, EOFError) as error:
            # Without a worker bulk is slower and questions wait longer; nothing is lost.
            self._not_before = time.monotonic() + NEXT_START_S
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

    def _serve(self, ours: Connection) -> None:
        ours.send(self._opening)
        if not ours.poll(START_S):
            raise TimeoutError(f"it was not ready after {START_S:.0f} s")
        ours.recv()
        if self._closed:
            return
        self._connection = ours
        while True:
            try:
                number, vectors = ours.recv()
            except (OSError, EOFError):
                return
            with self._asking:
                answer, _ = self._asked.pop(number)
            answer.set_result(vectors)

    def _let_go(self) -> None:
        with self._asking:
            self._process = self._connection = None
            asked = [answer for answer, _ in self._asked.values()]
            self._asked.clear()
        for answer in asked:
            answer.set_exception(_ended())

    def _kill(self) -> None:
        if process := self._process:
            process.kill()


def _ended() -> Unavailable:
    return Unavailable(
        "the bulk worker has ended; the passages are embedded again", code="bulk-worker-ended"
    )
