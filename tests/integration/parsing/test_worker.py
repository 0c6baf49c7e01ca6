"""The parse worker as a process: kept warm, bounded, replaced, and never left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from libs.errors import InvalidInput, Unavailable
from services.ingest.parsing.detection import DOCX, HTML, PDF, PLAIN
from services.ingest.parsing.exchange import Answer, Fault
from services.ingest.parsing.limits import ParseLimits
from services.ingest.parsing.parser import parse
from services.ingest.parsing.worker import answer_to
from services.ingest.parsing.worker_reader import WorkerReader, document_of
from tests.integration.parsing.malformed import paragraph, word_with
from tests.unit.ingest.parsing.samples import pdf, with_scans

TEXT = "Vi gick från dörr till dörr.".encode()
# More computing than any limit here allows: lexbor looks at each attribute for each.
ENDLESS = b"<p " + b"".join(b"a%d=1 " % number for number in range(200_000)) + b">x"
DEADLINE_S = 60.0

Open = Callable[..., WorkerReader]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens readers with the given limits and closes them in the end."""
    readers: list[WorkerReader] = []

    def make(**limits: float | str) -> WorkerReader:
        readers.append(WorkerReader(ParseLimits(**limits)))  # type: ignore[arg-type]
        return readers[-1]

    yield make
    for reader in readers:
        reader.close()


def await_that(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.01)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def computing_s(pid: int) -> float:
    """Seconds that a process has computed; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def refused(reader: WorkerReader, content: bytes, media_type: str) -> str:
    with pytest.raises(InvalidInput) as error:
        reader.read(content, media_type)
    assert error.value.detail.endswith((".", "first."))
    return error.value.code


def test_it_reads_as_the_parsers_do(opened: Open) -> None:
    reader = opened()
    pages = "#pagebreak()\n".join(f"= Rubrik {n}\nText om sak {n}.\n" for n in "ABC")
    for content, media_type in (
        (pdf(f'#set text(lang: "sv")\n{pages}'), PDF),
        (with_scans(pdf(pages), 2), PDF),
        (TEXT, PLAIN),
    ):
        assert reader.read(content, media_type) == parse(content, media_type)
    assert refused(reader, b"%PDF-1.7 broken", PDF) == "unreadable-document"
    assert refused(reader, b" ", PLAIN) == "no-text"


def ready(reader: WorkerReader) -> int:
    """The process id of the worker, once there is one."""
    reader.warm()
    await_that(lambda: reader.pid is not None)
    assert reader.pid
    return reader.pid


def kill_while_it_reads(reader: WorkerReader, number: int, *, but: int = 0) -> int:
    """Send a signal to a worker, not the given one, in the middle of a document."""
    await_that(lambda: reader.pid not in {None, but})
    pid = reader.pid
    assert pid
    before = computing_s(pid)
    await_that(lambda: computing_s(pid) > before + 0.1)
    os.kill(pid, number)
    return pid


def test_one_worker_stays_warm(opened: Open) -> None:
    reader = opened()
    first = ready(reader)
    for _ in range(3):
        reader.read(TEXT, PLAIN)
    assert reader.pid == first


def test_a_worker_is_followed_by_another_after_its_documents(opened: Open) -> None:
    reader = opened(documents=2)
    pids = []
    for _ in range(5):
        pids.append(ready(reader))
        reader.read(TEXT, PLAIN)
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]
    assert gone(pids[0])


def test_an_idle_worker_ends_and_another_begins(opened: Open) -> None:
    reader = opened(idle_s=0.05)
    first = ready(reader)
    await_that(lambda: gone(first))
    assert reader.read(TEXT, PLAIN).sections


def test_a_killed_worker_is_replaced(opened: Open) -> None:
    reader = opened()
    first = ready(reader)
    os.kill(first, signal.SIGKILL)
    assert reader.read(TEXT, PLAIN).sections
    assert reader.pid != first


def test_what_kills_a_worker_once_is_tried_again(opened: Open) -> None:
    reader = opened(cpu_s=2)
    first = ready(reader)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(reader.read, ENDLESS, HTML)
        kill_while_it_reads(reader, signal.SIGKILL)
        # The second worker met its limit, so there was one.
        with pytest.raises(InvalidInput) as error:
            reading.result()
    assert error.value.code == "parse-timeout"
    assert reader.read(TEXT, PLAIN).sections
    assert reader.pid != first


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGSEGV, "parse-crash"), (signal.SIGKILL, "parse-memory")]
)
def test_what_kills_two_workers_is_refused(opened: Open, number: int, code: str) -> None:
    reader = opened()
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(refused, reader, ENDLESS, HTML)
        first = kill_while_it_reads(reader, number)
        kill_while_it_reads(reader, number, but=first)
        assert reading.result() == code
    assert reader.read(TEXT, PLAIN).sections


@pytest.mark.parametrize("limits", [{"cpu_s": 1}, {"wall_s": 1.0}])
def test_too_much_time_is_refused(opened: Open, limits: dict[str, float]) -> None:
    reader = opened(**limits)
    started = time.monotonic()
    assert refused(reader, ENDLESS, HTML) == "parse-timeout"
    assert time.monotonic() - started < DEADLINE_S
    assert reader.read(TEXT, PLAIN).sections


def test_too_much_memory_is_refused(opened: Open) -> None:
    reader = opened(memory_mb=300)
    assert refused(reader, word_with(paragraph(b"x") * 1_000_000), DOCX) == "parse-memory"
    assert reader.read(TEXT, PLAIN).sections


def test_a_large_document_does_not_leave_a_large_worker(opened: Open) -> None:
    reader = opened(kept_mb=1)
    first = ready(reader)
    reader.read(TEXT, PLAIN)
    assert gone(first)
    assert ready(reader) != first


def test_many_threads_are_served(opened: Open) -> None:
    reader = opened()
    with ThreadPoolExecutor(8) as pool:
        texts = [f"Text nummer {number}." for number in range(40)]
        found = list(pool.map(lambda text: reader.read(text.encode(), PLAIN), texts))
    assert [document.sections[0].text for document in found] == texts


def test_a_worker_that_cannot_start_is_not_the_documents_fault(opened: Open) -> None:
    with pytest.raises(Unavailable, match="ended at its start"):
        opened(memory_mb=10**18).read(TEXT, PLAIN)


def test_closing_ends_a_reading(opened: Open) -> None:
    reader = opened()
    first = ready(reader)
    before = computing_s(first)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(reader.read, ENDLESS, HTML)
        await_that(lambda: computing_s(first) > before + 0.1)
        reader.close()
        with pytest.raises(Unavailable, match="stopping"):
            reading.result()
    assert gone(first)


def test_a_worker_has_little_to_lose(opened: Open) -> None:
    pid = ready(opened())
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"HOME=" not in environment
    limits = Path(f"/proc/{pid}/limits").read_text()
    told = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()}
    assert told["Max core file size"] == told["Max file size"] == "0"
    assert told["Max address space"] == "512000000"
    assert "NoNewPrivs:\t1" in Path(f"/proc/{pid}/status").read_text()
    assert os.getsid(pid) == pid


def test_a_worker_dies_with_its_parent() -> None:
    program = textwrap.dedent(
        """
        import threading
        from services.ingest.parsing.limits import ParseLimits
        from services.ingest.parsing.worker_reader import WorkerReader
        reader = WorkerReader(ParseLimits())
        reader.read(b"Text.", "text/plain")
        print(reader.pid, flush=True)
        reader.read(ENDLESS, "text/html")
        """
    ).replace("ENDLESS", "b'<p ' + b''.join(b'a%d=1 ' % n for n in range(200_000))")
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    before = computing_s(pid)
    await_that(lambda: computing_s(pid) > before + 0.1)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await_that(lambda: gone(pid))


def test_a_bug_of_a_parser_is_told_without_what_it_said() -> None:
    # No bytes at all is what no parser expects.
    answer = answer_to(None, PLAIN, "")  # type: ignore[arg-type]
    assert answer.fault
    assert answer.fault.error == "AttributeError"
    assert "parser.py" in answer.fault.places[-1]


def test_a_document_that_a_parser_fails_on_is_refused_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(InvalidInput) as error:
        document_of(Answer(fault=Fault("KeyError", ("pdf.py:3",))), PDF)
    assert error.value.code == "unreadable-document"
    assert [record.message for record in caplog.records] == ["a parser has a bug"]
