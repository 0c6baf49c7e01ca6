"""Several events at a time: never two of one key, and none is lost that ends out of its turn."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest
from kafka import KafkaAdminClient

from libs.errors import InvalidInput, Unavailable
from libs.events.envelope import EventPayload
from tests.contract.bus.stage import DEADLINE_S, Calls, Stage, until

SLOW = "slow"
QUICK = ("a", "b", "c")


@pytest.fixture
def one_partition(stage: Stage) -> Iterator[Stage]:
    """A stage whose events all stand in one partition."""
    one = Stage(stage.settings.model_copy(update={"partitions": 1}))
    with closing(one):
        one.consume(Calls()).stop(DEADLINE_S)
        yield one


def committed(stage: Stage) -> int:
    with closing(KafkaAdminClient(bootstrap_servers=stage.settings.bootstrap)) as admin:
        return sum(
            each.offset for each in admin.list_group_offsets(stage.group)[stage.group].values()
        )


def test_two_events_of_a_partition_are_in_hand_together(one_partition: Stage) -> None:
    together = threading.Barrier(2)

    def meet(_payload: EventPayload) -> Sequence[EventPayload]:
        together.wait(DEADLINE_S)
        return ()

    one_partition.send("a", "b", "c", "d")
    calls = Calls(meet)
    one_partition.consume(calls, lanes=2)
    one_partition.wait_until_committed(4)
    assert sorted(calls.ids) == ["a", "b", "c", "d"]


def test_two_events_of_one_key_are_not(one_partition: Stage) -> None:
    in_hand = Counter[str]()
    lock, met = threading.Lock(), threading.Event()

    def watch(payload: EventPayload) -> Sequence[EventPayload]:
        with lock:
            in_hand[payload.report_id] += 1
            if in_hand[payload.report_id] > 1:
                met.set()
        met.wait(0.01)  # time for another of the key to come, if any can
        with lock:
            in_hand[payload.report_id] -= 1
        return ()

    one_partition.send(*(name for name in ("a", "b", "c") for _ in range(10)))
    one_partition.consume(Calls(watch), lanes=2)
    one_partition.wait_until_committed(30)
    assert not met.is_set()


def test_an_offset_is_committed_when_all_before_it_are_done(one_partition: Stage) -> None:
    """The first fails once, after those behind it are done: they come again behind it."""
    others = threading.Event()
    seen_at_second_try: list[int] = []
    tries = Counter[str]()

    def answer(payload: EventPayload) -> Sequence[EventPayload]:
        tries[payload.report_id] += 1
        if payload.report_id != SLOW:
            if all(tries[name] for name in QUICK):
                others.set()
            return ()
        if tries[SLOW] == 1:
            assert others.wait(DEADLINE_S)
            raise Unavailable("the first time")
        seen_at_second_try.append(committed(one_partition))
        return ()

    one_partition.send(SLOW, *QUICK)
    one_partition.consume(Calls(answer), lanes=2)
    one_partition.wait_until_committed(4)
    assert seen_at_second_try == [0]
    assert tries == {SLOW: 2} | dict.fromkeys(QUICK, 2)


def test_a_bug_is_given_up_although_its_neighbours_go_on(one_partition: Stage) -> None:
    tries = Counter[str]()

    def answer(payload: EventPayload) -> Sequence[EventPayload]:
        tries[payload.report_id] += 1
        if payload.report_id == SLOW:
            raise RuntimeError("a bug")
        return ()

    one_partition.send(SLOW, *QUICK)
    one_partition.consume(Calls(answer), lanes=2)
    letters = one_partition.read(one_partition.topic.dead_letters, 1)
    one_partition.wait_until_committed(4)
    assert [letter.key for letter in letters] == [SLOW]
    assert tries[SLOW] == one_partition.settings.max_attempts


def test_what_stands_behind_a_retry_is_not_done_again_each_time(one_partition: Stage) -> None:
    tries = Counter[str]()
    tried_often = 10

    def answer(payload: EventPayload) -> Sequence[EventPayload]:
        tries[payload.report_id] += 1
        if payload.report_id == SLOW and tries[SLOW] < tried_often:
            raise Unavailable("for a while")
        if payload.report_id != SLOW:
            raise InvalidInput("a dead letter")
        return ()

    one_partition.send(SLOW, *QUICK)
    one_partition.consume(Calls(answer), lanes=2)
    one_partition.wait_until_committed(4)
    assert tries[SLOW] >= tried_often
    # Once beside the first try, once when its turn has come, and again if the broker is lost.
    assert max(tries[name] for name in QUICK) <= tried_often // 2


def test_a_broken_off_session_leaves_nothing_in_hand(one_partition: Stage) -> None:
    """Stopping waits for both events in hand, and commits them."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def wait(_payload: EventPayload) -> Sequence[EventPayload]:
        begun.release()
        assert go_on.wait(DEADLINE_S)
        return ()

    one_partition.send("a", "b", "c")
    calls = Calls(wait)
    consumer = one_partition.consume(calls, lanes=2)
    assert all(begun.acquire(timeout=DEADLINE_S) for _ in range(2))
    assert not consumer.stop(0)
    go_on.set()
    until(lambda: consumer.stop(0), "the consumer to end")
    assert committed(one_partition) == 2
    assert calls.ids == ["a", "b"]
