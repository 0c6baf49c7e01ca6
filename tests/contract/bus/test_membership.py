import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import IO

from libs.errors import Overloaded
from libs.events.envelope import EventPayload
from tests.contract.bus.stage import Calls, Stage, settings_for, until

ROOT = Path(__file__).parents[3]


def start_process(stage: Stage) -> subprocess.Popen[str]:
    arguments = [stage.settings.bootstrap, stage.topic.name, stage.group]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contract.bus.consumer_process", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def test_a_killed_process_takes_its_partitions_back_at_once(stage: Stage) -> None:
    first = start_process(stage)
    stage.send("r1")
    assert line_of(first.stdout) == "r1"
    first.kill()
    first.communicate()
    stage.send("r2")
    second = start_process(stage)
    started = time.monotonic()
    lines = [line_of(second.stdout)]
    # r1's offset may not have been committed before the kill: once or more, never less.
    if lines == ["r1"]:
        lines.append(line_of(second.stdout))
    took = time.monotonic() - started
    second.kill()
    second.communicate()
    assert lines[-1] == "r2"
    # Under the session timeout (6 s): most of it is the interpreter starting.
    assert took < 5


def test_stop_commits_so_that_nothing_is_done_twice(stage: Stage) -> None:
    calls = Calls()
    consumer = stage.consume(calls)
    stage.send("r1", "r2", "r3")
    calls.wait_for(3)
    assert consumer.stop(5)
    assert consumer.health() is not None
    after = Calls()
    stage.consume(after)
    stage.send("r4")
    assert after.wait_for(1) == ["r4"]


def test_stop_finishes_the_event_in_hand(stage: Stage) -> None:
    entered, leave = threading.Event(), threading.Event()

    def work(_: EventPayload) -> tuple[EventPayload, ...]:
        entered.set()
        assert leave.wait(10)
        return ()

    calls = Calls(work)
    consumer = stage.consume(calls)
    stage.producer.send([stage.record(f"r{n}", key="a") for n in range(3)])
    assert entered.wait(10)
    assert not consumer.stop(0.05)
    leave.set()
    assert consumer.stop(5)
    assert calls.ids == ["r0"]
    after = Calls()
    stage.consume(after)
    assert after.wait_for(2) == ["r1", "r2"]


def test_two_consumers_share_the_partitions(stage: Stage) -> None:
    one, two = Calls(), Calls()
    stage.consume(one)
    stage.consume(two, instance="1")
    sent: list[str] = []

    def both_had_some() -> bool:
        batch = [f"r{len(sent) + n}" for n in range(10)]
        sent.extend(batch)
        stage.send(*batch)
        return bool(one.ids) and bool(two.ids)

    until(both_had_some, "both to have some")
    until(lambda: set(one.ids + two.ids) == set(sent), "all to be handled")
    # Only what was in hand while the partitions moved may have been handled twice.
    assert Counter(one.ids + two.ids).most_common(1)[0][1] <= 2


def test_a_slow_handler_keeps_its_partition(stage: Stage) -> None:
    pause = threading.Event()

    def work(_: EventPayload) -> tuple[EventPayload, ...]:
        pause.wait(1.5)  # The work itself: many polls, looks and heartbeats long.
        return ()

    calls = Calls(work)
    consumer = stage.consume(calls, session_timeout_s=6, check_interval_s=0.1)
    stage.send("r1")
    stage.wait_until_committed(1)
    stage.send("r2")
    stage.wait_until_committed(2)
    assert calls.ids == ["r1", "r2"]
    assert consumer.health() is None


def test_lag_counts_what_waits_and_is_published(stage: Stage) -> None:
    def work(payload: EventPayload) -> tuple[EventPayload, ...]:
        if payload.report_id == "stuck":
            raise Overloaded("later", retry_after=3_600)
        return ()

    consumer = stage.consume(Calls(work))
    ids = ["r1", "r2", "stuck", "r3", "r4"]
    stage.producer.send([stage.record(report_id, key="a") for report_id in ids])
    until(lambda: consumer.lag() == {stage.topic.name: 3}, "a lag of three")
    found = {
        metric.name: point
        for resource in stage.metrics.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
        if point.attributes.get("navigator.bus.outcome") != "retry"
    }
    assert found["navigator.bus.lag"].value == 3
    assert found["messaging.client.consumed.messages"].value == 2
    assert found["messaging.process.duration"].count == 2
    assert found["navigator.bus.retries"].value == 1
    assert found["messaging.client.sent.messages"].value == 5


def test_waiting_costs_little(bootstrap: str) -> None:
    # With a long poll noida-db makes the client burn a whole core.
    stage = Stage(settings_for(bootstrap, check_interval_s=2))
    stage.consume(Calls())
    before, started = time.process_time(), time.monotonic()
    until(lambda: time.monotonic() - started > 1, "a second to pass")
    assert time.process_time() - before < 0.3
    stage.close()
