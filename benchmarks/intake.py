"""How fast reports are taken in, and how soon they are found.

    make bench        (or .venv/bin/python -m benchmarks.intake --seconds 20 --json PATH)

Real processes on free ports, on SQLite and on PostgreSQL: the whole platform in one process as
`navigator up` runs it, doing all that an accepted report sets off, and beside it, with the same
callers, a bare FastAPI app that stores the same body in one transaction. Callers and services
share this machine.
"""

import argparse
import asyncio
import json
import signal
import statistics
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import httpx
from httpx_sse import connect_sse

from benchmarks.calling import closed_loop, open_loop
from benchmarks.places import NewDatabase, bare, platform, postgres, sqlite
from benchmarks.rows import Measurement, markdown, show, write
from benchmarks.submissions import Submission, json_reports, pdf_reports
from tests.e2e.processes import free_ports

TITLE: Final = "How fast reports are taken in"
COMMAND: Final = "python -m benchmarks.intake"
PER_SECOND: Final = 50.0
CALLERS: Final = (1, 8, 32)
PERCENTILES: Final = (50, 95, 99)
KINDS: Final = {"JSON": json_reports, "two-page PDF": pdf_reports}
DOORS: Final = ("gateway", "ingest")
BARE: Final = "bare"
ENGINES: Final = {"SQLite": sqlite, "PostgreSQL": postgres}
# What the design asks for, in ms: 202 at 50 requests/s; a two-page report on an idle system.
ACCEPT_P99_MS: Final = 30.0
SEARCHABLE_P95_MS: Final = 1_000.0
# The first requests of a process pay for imports and empty caches.
WARM_UP_S: Final = 1.0
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Calls(Protocol[T_co]):
    """Calls a port with reports for some seconds."""

    def __call__(
        self, port: int, reports: Iterator[Submission], *, seconds: float
    ) -> Coroutine[Any, Any, T_co]:
        """What the callers saw."""


def main() -> None:
    """Measure, print the table, write the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="that each measurement takes")
    parser.add_argument("--pushes", type=int, default=40, help="reports followed to the index")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="only on this one")
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    parser.add_argument("--markdown", type=Path, help="write the table to this page too")
    chosen = parser.parse_args()
    # So that a supervisor's word ends the processes that were started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    found: list[Measurement] = []
    for engine in chosen.engine or ENGINES:
        with ENGINES[engine]() as new_database:
            measured = chain(
                searchable(engine, new_database, chosen.pushes),
                latencies(engine, new_database, chosen.seconds),
                rates(engine, new_database, chosen.seconds),
            )
            for each in measured:
                # It takes minutes: that it gets on is worth a line.
                sys.stderr.write(f"{each.name}: {each.value:.1f} {each.unit}\n")
                found.append(each)
    show(found)
    if chosen.json:
        write(found, chosen.json)
    if chosen.markdown:
        chosen.markdown.write_text(markdown(TITLE, __doc__ or "", found), encoding="utf-8")


def searchable(engine: str, new_database: NewDatabase, pushes: int) -> Iterator[Measurement]:
    """From sending a report to hearing that it is indexed, one after the other."""
    with platform(new_database()) as installation, installation.client() as client:
        for kind, submissions in KINDS.items():
            seconds = [_pushed(client, each) for each in islice(submissions(), pushes)]
            for percent, target in ((50, None), (95, SEARCHABLE_P95_MS)):
                name = f"push to searchable, {kind}, {engine}, p{percent}"
                value = 1_000 * _percentile(seconds, percent)
                yield Measurement(name, value, "ms", None, pushes, COMMAND, target)


def latencies(engine: str, new_database: NewDatabase, seconds: float) -> Iterator[Measurement]:
    """How long a 202 takes at a steady rate, in at the gateway and in at ingest."""
    for kind, submissions in KINDS.items():
        measured = _at_each_door(
            new_database, submissions, partial(open_loop, per_second=PER_SECOND), seconds
        )
        for door in DOORS:
            for percent in PERCENTILES:
                yield Measurement(
                    name=f"accept at {PER_SECOND:.0f}/s, {kind}, {door}, {engine}, p{percent}",
                    value=1_000 * _percentile(measured[door], percent),
                    unit="ms",
                    baseline=1_000 * _percentile(measured[BARE], percent),
                    n=len(measured[door]),
                    command=COMMAND,
                    target=ACCEPT_P99_MS if percent == max(PERCENTILES) else None,
                )


def rates(engine: str, new_database: NewDatabase, seconds: float) -> Iterator[Measurement]:
    """How many reports are accepted a second when callers send one after the other."""
    for callers in CALLERS:
        measured = _at_each_door(
            new_database, json_reports, partial(closed_loop, callers=callers), seconds
        )
        for door in DOORS:
            yield Measurement(
                name=f"accepted by {callers} callers, JSON, {door}, {engine}",
                value=measured[door],
                unit="/s",
                baseline=measured[BARE],
                n=round(measured[door] * seconds),
                command=COMMAND,
            )


def _at_each_door(
    new_database: NewDatabase,
    submissions: Callable[[], Iterator[Submission]],
    call: Calls[T],
    seconds: float,
) -> dict[str, T]:
    """What callers of the bare app, of the gateway and of ingest saw, after a warm-up of each."""
    measured: dict[str, T] = {}
    for door in (BARE, *DOORS):
        with _open(door, new_database()) as port:
            reports = submissions()
            asyncio.run(call(port, reports, seconds=WARM_UP_S))
            measured[door] = asyncio.run(call(port, reports, seconds=seconds))
    return measured


@contextmanager
def _open(door: str, database_url: str) -> Iterator[int]:
    """The port to knock at, of a service that was started for this measurement alone."""
    if door == BARE:
        port = free_ports()["ingest"]
        with bare(database_url, port):
            yield port
        return
    with platform(database_url) as installation:
        yield installation.ports[door]


def _pushed(client: httpx.Client, submission: Submission) -> float:
    began = time.perf_counter()
    answer = client.post(
        "/v1/reports", content=submission.body, headers={"content-type": submission.content_type}
    )
    location = answer.raise_for_status().headers["location"]
    with connect_sse(client, "GET", f"{location}/events") as events:
        last = [json.loads(event.data) for event in events.iter_sse()][-1]
    took = time.perf_counter() - began
    if last["status"] != "indexed":
        raise RuntimeError(f"{location} is {last['status']}")
    return took


def _percentile(seconds: Sequence[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
