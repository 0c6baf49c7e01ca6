"""What it costs to have documents read in a process of their own.

    .venv/bin/python -m quality.parse_worker [--json PATH]

A PDF and a Word document of the demonstration corpus, read in this process, by a warm worker, and
by one that has to be started first.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from navigator.demo import DEMO_FOLDER
from services.ingest.parsing.detection import sniff
from services.ingest.parsing.limits import ParseLimits
from services.ingest.parsing.parser import parse
from services.ingest.parsing.worker_reader import WorkerReader

DOCUMENTS: Final = ("se-inlandet-nasta-steg.pdf", "fi-kainuu-kylatupa.docx")
_WARM, _COLD = 30, 5
_STATUS_KB: Final = 1_000


@dataclass(frozen=True, slots=True)
class Measured:
    """The least, the median and the largest of `n` times, or one size."""

    name: str
    least: float
    value: float
    worst: float
    unit: str
    n: int


def measure(name: str) -> Iterator[Measured]:
    """A document three ways, and the worker's memory after it."""
    limits = ParseLimits()
    content = (DEMO_FOLDER / "documents" / name).read_bytes()
    media_type = sniff(content, None, name)

    def cold() -> None:
        with closing(WorkerReader(limits)) as fresh:
            fresh.read(content, media_type)

    yield _times(f"{name}, in the process", _WARM, lambda: parse(content, media_type))
    yield _times(f"{name}, cold", _COLD, cold)
    with closing(WorkerReader(limits)) as reader:
        reader.read(content, media_type)
        yield _times(f"{name}, warm", _WARM, lambda: reader.read(content, media_type))
        size = _resident_mb(reader.pid or 0)
    yield Measured(f"{name}, worker afterwards", size, size, size, "MB", 1)


def _times(name: str, count: int, work: Callable[[], object]) -> Measured:
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1_000)
    return Measured(name, min(taken), median(taken), max(taken), "ms", count)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / _STATUS_KB


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--json", type=Path, help="write the rows to this file too")
    chosen = arguments.parse_args()
    rows = [row for name in DOCUMENTS for row in measure(name)]
    table = Table("what", "least", "median", "worst", "unit", "n", box=None)
    for row in rows:
        numbers = [f"{number:.0f}" for number in (row.least, row.value, row.worst)]
        table.add_row(row.name, *numbers, row.unit, str(row.n))
    Console().print(table)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))


if __name__ == "__main__":
    main()
