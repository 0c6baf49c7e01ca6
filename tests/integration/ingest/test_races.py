"""Writers that meet: whoever comes second sees what the first one wrote.

On SQLite writers queue by themselves; on PostgreSQL only the lock keeps order.
"""

import dataclasses
import datetime as dt
import functools
import threading
from collections.abc import Callable

import pytest

from libs.database.engine import Database
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportRejected
from libs.events.report import ReportStatus, ReportSubmission
from services.ingest.migrations.upgrade import upgrade
from services.ingest.rejections import internal_rejection
from tests.integration.ingest.stage import Stage

REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")
# How long a withdrawal is given to slip in between; it must not, so the wait is always whole.
CHANCE_S = 0.3


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


class Meanwhile:
    """A clock that, asked for the first time, lets someone else do something first."""

    def __init__(self, stage: Stage, action: Callable[[], object]) -> None:
        self._stage = stage
        self._thread = threading.Thread(target=action)
        self._asked = False

    def __call__(self) -> dt.datetime:
        if not self._asked:
            # A handler asks for the time between reading a report's status and writing it.
            self._asked = True
            self._thread.start()
            self._thread.join(CHANCE_S)
        return self._stage.clock()

    def wait(self) -> None:
        assert self._asked
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("step", ["submitted", "indexed", "rejected"])
def test_no_handler_overwrites_a_withdrawal(stage: Stage, step: str) -> None:
    event = stage.submit(REPORT)
    meanwhile = Meanwhile(stage, lambda: stage.intake.withdraw("norr", event.report_id))
    handlers = dataclasses.replace(stage.handlers, clock=meanwhile)
    rejected = ReportRejected(
        report_id=event.report_id, version=1, stage="index", rejection=internal_rejection(None)
    )
    handling: dict[str, Callable[[], list[EventPayload]]] = {
        "submitted": lambda: handlers.on_report_submitted(event),
        "indexed": lambda: handlers.on_report_indexed(stage.indexed(event)),
        "rejected": lambda: handlers.on_report_rejected(rejected),
    }
    handling[step]()
    meanwhile.wait()
    found = stage.receipt(event.report_id)
    assert found.status is ReportStatus.WITHDRAWN
    assert [entry.seq for entry in found.history] == [1, 2, 3]
    assert found.history[-1].status is ReportStatus.WITHDRAWN


def test_twenty_withdrawals_meet_twenty_handlers(stage: Stage) -> None:
    for number in range(20):
        event = stage.submit(REPORT.model_copy(update={"external_id": str(number)}))
        barrier = threading.Barrier(2)
        failures: list[BaseException] = []

        def together(
            action: Callable[[], object],
            barrier: threading.Barrier = barrier,
            failures: list[BaseException] = failures,
        ) -> None:
            barrier.wait(10)
            try:
                action()
            except Exception as error:  # noqa: BLE001 - the assertion below shows it
                failures.append(error)

        actions: list[Callable[[], object]] = [
            functools.partial(stage.intake.withdraw, "norr", event.report_id),
            functools.partial(stage.handlers.on_report_submitted, event),
        ]
        threads = [threading.Thread(target=together, args=(action,)) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert failures == []
        found = stage.receipt(event.report_id)
        assert found.status is ReportStatus.WITHDRAWN
        assert [entry.seq for entry in found.history] == list(range(1, len(found.history) + 1))


def test_four_processes_make_the_tables_at_once(empty_database_url: str) -> None:
    databases = [Database(empty_database_url) for _ in range(4)]
    barrier = threading.Barrier(4)
    failures: list[BaseException] = []

    def make(database: Database) -> None:
        barrier.wait(10)
        try:
            upgrade(database.engine)
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            failures.append(error)

    threads = [threading.Thread(target=make, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for database in databases:
        database.close()
    assert failures == []
