"""Reads documents in a process of its own, which a hostile file may bring down in our place."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final, cast

from pydantic import TypeAdapter, ValidationError

from libs.errors import InvalidInput, Unavailable
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.exchange import (
    ANSWERS,
    OUT_OF_MEMORY,
    Answer,
    Fault,
    read_frame,
    write_frame,
)
from services.ingest.parsing.limits import ParseLimits

log = logging.getLogger(__name__)

START_S: Final = 60.0
_END_S: Final = 2.0
# All that a worker is given of our environment, which holds keys and passwords.
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TESSDATA_PREFIX")


class _WorkerDied(Exception):
    """The worker ended in the middle of a document; `code` says what the sender is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WorkerReader:
    """Starts a worker when one is needed and keeps it warm; thread-safe, one document at a time.

    A worker that dies, or is told to after too long, takes one document with it and not the
    service. Close it in the end.
    """

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._turn = threading.Lock()
        # The kernel ties a worker to the thread that started it, so one thread starts them all.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse-worker")
        self._worker: Future[subprocess.Popen[bytes]] | None = None

    def warm(self) -> None:
        """Begin to start a worker, unless there is one; a document is expected. Never fails."""
        if self._turn.acquire(blocking=False):
            try:
                with suppress(Unavailable):  # told to whoever reads
                    self._started()
            finally:
                self._turn.release()

    def read(self, content: bytes, media_type: str) -> ParsedDocument:
        """Read a document, again in a new worker when the first one died of something.

        Raises:
            InvalidInput: as `parse` does; `parse-timeout`, `parse-memory` or `parse-crash` when
                it brought its worker down; `unreadable-document` when a parser has a bug.
            Unavailable: no worker can be started.

        """
        with self._turn:
            try:
                return self._read(content, media_type)
            except _WorkerDied as died:
                if died.code == "parse-timeout":
                    raise self._refusal(died) from died
                log.warning("a parse worker died; one more try", extra={"code": died.code})
            try:
                return self._read(content, media_type)
            except _WorkerDied as died:
                raise self._refusal(died) from died

    @property
    def pid(self) -> int | None:
        """The ready worker's process id, or None."""
        worker = self._worker
        ready = worker is not None and worker.done() and worker.exception() is None
        return worker.result().pid if worker is not None and ready else None

    def close(self) -> None:
        """End the worker, whatever it does."""
        self._starter.shutdown()
        worker = self._worker
        if worker is not None and worker.exception() is None:
            _end(worker.result(), wait_s=0)

    def _read(self, content: bytes, media_type: str) -> ParsedDocument:
        worker = self._started().result()
        with _killed_after(self._limits.wall_s, worker) as late:
            try:
                write_frame(_pipe(worker.stdin), media_type.encode())
                write_frame(_pipe(worker.stdin), content)
                answer = ANSWERS.validate_json(read_frame(_pipe(worker.stdout)))
            except (OSError, EOFError, ValidationError) as error:
                self._worker = None
                code = _end(worker, wait_s=_END_S)
                raise _WorkerDied("parse-timeout" if late.is_set() else _cause(code)) from error
        if answer.last:
            self._worker = None
            _end(worker, wait_s=_END_S)
            with suppress(Unavailable):  # this document is read all the same
                self._started()
        return document_of(answer, media_type)

    def _refusal(self, died: _WorkerDied) -> InvalidInput:
        limits = self._limits
        details = {
            "parse-timeout": f"It took more than {limits.cpu_s} s of computing, or more than "
            f"{limits.wall_s:g} s in all.",
            "parse-memory": f"It took more than {limits.memory_mb} MB.",
            "parse-crash": "The program broke down twice.",
        }
        return InvalidInput(details[died.code], code=died.code)

    def _started(self) -> Future[subprocess.Popen[bytes]]:
        worker = self._worker
        if worker is not None and worker.done():
            if worker.exception() is not None:
                worker = None
            elif worker.result().poll() is not None:
                _end(worker.result(), wait_s=0)
                worker = None
        if worker is None:
            try:
                worker = self._starter.submit(_start, self._limits)
            except RuntimeError as error:
                raise Unavailable("no documents are read any more: ingest is stopping") from error
            self._worker = worker
        return worker


def _start(limits: ParseLimits) -> subprocess.Popen[bytes]:
    options = TypeAdapter(ParseLimits).dump_json(limits).decode()
    module = "services.ingest.parsing.worker"
    try:
        worker = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-P", "-m", module, str(os.getpid()), options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(f"no parse worker can be started ({error.strerror})") from error
    with _killed_after(START_S, worker):
        try:
            read_frame(_pipe(worker.stdout))
        except (OSError, EOFError) as error:
            code = _end(worker, wait_s=_END_S)
            raise Unavailable(f"a parse worker ended at its start (exit code {code})") from error
    return worker


@contextmanager
def _killed_after(seconds: float, worker: subprocess.Popen[bytes]) -> Iterator[threading.Event]:
    """Kill the worker unless the block is left in time; the event says that it was."""
    late = threading.Event()

    def kill() -> None:
        late.set()
        worker.kill()

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _end(worker: subprocess.Popen[bytes], wait_s: float) -> int:
    """The exit code of a worker that is about to end; it is killed when it does not."""
    try:
        code = worker.wait(wait_s)
    except subprocess.TimeoutExpired:
        worker.kill()
        code = worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        with suppress(OSError):  # what was not sent yet can no more be sent
            _pipe(pipe).close()
    return code


def _cause(exit_code: int) -> str:
    if exit_code == -signal.SIGXCPU:
        return "parse-timeout"
    # The kernel kills what the machine has no memory for.
    return "parse-memory" if exit_code in {OUT_OF_MEMORY, -signal.SIGKILL} else "parse-crash"


def document_of(answer: Answer, media_type: str) -> ParsedDocument:
    """The document in a worker's answer. Raises InvalidInput where there is none."""
    if answer.refusal is not None:
        raise InvalidInput(answer.refusal.detail, code=answer.refusal.code)
    if answer.document is not None:
        return answer.document
    fault = answer.fault or Fault("no answer", ())
    # A document that a parser fails on is its sender's to mend, whatever the bug; were it
    # ours to retry, a few such documents would stop the consumer for everybody.
    log.error(
        "a parser has a bug",
        extra={"media_type": media_type, "error": fault.error, "places": fault.places},
    )
    raise InvalidInput(
        f"The document could not be read ({fault.error}). Open it, save it anew and send it again.",
        code="unreadable-document",
    )


def _pipe(stream: object) -> BinaryIO:
    return cast("BinaryIO", stream)
