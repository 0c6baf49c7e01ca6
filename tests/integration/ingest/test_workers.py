"""The workers beside ingest: they start, wait, wake and stop; and the database's own limits."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from libs.database.engine import Database
from libs.database.outbox import OutboxRelay
from libs.errors import Unavailable
from libs.periodic import PeriodicWorker
from libs.runtime.service import Worker
from tests.integration.ingest.stage import Stage

LONG_S = 3_600.0


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def test_stop_before_start_is_harmless(stage: Stage) -> None:
    workers: list[Worker] = [OutboxRelay(stage.database, lambda _: None), stage.reconciler]
    for worker in workers:
        assert not worker.failed()
        worker.stop(1)
        assert worker.health() is None
    assert {worker.name for worker in workers} == {"outbox-relay", "reconciler"}


def test_a_worker_is_woken_and_stops_in_its_pause() -> None:
    steps: list[int] = []
    stepped = threading.Semaphore(0)

    def step() -> float:
        steps.append(1)
        stepped.release()
        return LONG_S

    worker = PeriodicWorker("test", step)
    worker.start()
    assert stepped.acquire(timeout=10)
    worker.wake()
    assert stepped.acquire(timeout=10)
    worker.stop(10)
    assert not worker.failed()
    assert len(steps) == 2


def test_a_worker_waits_out_what_is_unavailable_and_tells_of_it() -> None:
    answers: Iterator[Exception | float] = iter([Unavailable("away"), LONG_S])
    told: list[str | None] = []
    well = threading.Event()

    def step() -> float:
        told.append(worker.health())
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        well.set()
        return answer

    worker = PeriodicWorker("test", step)
    worker.start()
    assert well.wait(10)
    worker.stop(10)
    assert told == [None, "away"]
    assert worker.health() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_ends_a_worker() -> None:
    def step() -> float:
        raise RuntimeError("a bug")

    worker = PeriodicWorker("test", step)
    worker.start()
    worker._thread.join(10)  # type: ignore[union-attr]
    assert worker.failed()
    worker.stop(1)


def test_a_pool_without_a_free_connection_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'small.db'}")
    database.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    with ExitStack() as held:
        for _ in range(database.engine.pool.size() + database.engine.pool._max_overflow):  # type: ignore[attr-defined]
            held.enter_context(database.engine.connect())
        assert database.health() == (
            "all connections to the database are in use; try again in a moment"
        )
    database.close()
