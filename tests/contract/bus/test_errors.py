import dataclasses

from libs.bus.record import Record
from libs.errors import Gone, InvalidInput, Overloaded, Unavailable
from libs.events.envelope import EventPayload
from libs.telemetry import names
from tests.contract.bus.stage import Calls, Stage, until


class Failing:
    """Raises what it is given, in order, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)

    def __call__(self, _: EventPayload) -> tuple[EventPayload, ...]:
        if self._errors:
            raise self._errors.pop(0)
        return ()


def always(error: Exception) -> Calls:
    def fail(_: EventPayload) -> tuple[EventPayload, ...]:
        raise error

    return Calls(fail)


def dead_letter_in(stage: Stage, count: int = 1) -> Record:
    return stage.read(stage.topic.dead_letters, count)[count - 1]


def test_a_passing_bug_is_tried_again(stage: Stage) -> None:
    calls = Calls(Failing(RuntimeError("once"), RuntimeError("twice")))
    stage.consume(calls)
    stage.producer.send([stage.record("r1", key="a"), stage.record("r2", key="a")])
    assert calls.wait_for(4) == ["r1", "r1", "r1", "r2"]
    stage.wait_until_committed(2)


def test_invalid_input_is_a_dead_letter_at_once(stage: Stage) -> None:
    calls = always(InvalidInput("no title: add one", code="no-title"))
    stage.consume(calls)
    sent = stage.record("r1", headers=(("mine", b"kept"),))
    stage.producer.send([sent])
    letter = dead_letter_in(stage)
    headers = dict(letter.headers)
    assert (letter.key, letter.value, headers["mine"]) == ("r1", sent.value, b"kept")
    assert headers[names.HEADER_DEAD_TOPIC] == stage.topic.name.encode()
    assert headers[names.HEADER_DEAD_OFFSET] == b"0"
    assert headers[names.HEADER_DEAD_GROUP] == stage.group.encode()
    assert headers[names.HEADER_DEAD_ERROR] == b"InvalidInput"
    assert headers[names.HEADER_DEAD_CODE] == b"no-title"
    assert headers[names.HEADER_DEAD_REASON] == b"no title: add one"
    assert headers[names.HEADER_DEAD_ATTEMPTS] == b"1"
    trace_id = headers[names.HEADER_DEAD_TRACE_ID].decode()
    assert trace_id in headers["traceparent"].decode()
    assert calls.ids == ["r1"]


def test_what_is_no_event_is_a_dead_letter(stage: Stage) -> None:
    calls = Calls()
    stage.consume(calls)
    stage.producer.send([stage.record(value=b"\xff not json"), stage.record("r2")])
    letter = dead_letter_in(stage)
    assert letter.value == b"\xff not json"
    assert dict(letter.headers)[names.HEADER_DEAD_CODE] == b"invalid-envelope"
    assert calls.wait_for(1) == ["r2"]


def test_a_second_failure_does_not_make_the_letter_grow(stage: Stage) -> None:
    stage.consume(always(InvalidInput("no")))
    stage.send("r1")
    first = dead_letter_in(stage)
    stage.producer.send([dataclasses.replace(first, topic=stage.topic.name)])
    second = dead_letter_in(stage, 2)
    assert [name for name, _ in second.headers] == [name for name, _ in first.headers]
    assert dict(second.headers)[names.HEADER_DEAD_OFFSET] == b"1"


def test_a_lasting_bug_is_a_dead_letter_after_its_attempts(stage: Stage) -> None:
    calls = always(KeyError("quoted text"))
    stage.consume(calls)
    stage.send("r1")
    headers = dict(dead_letter_in(stage).headers)
    assert headers[names.HEADER_DEAD_ERROR] == b"KeyError"
    assert headers[names.HEADER_DEAD_CODE] == b"internal"
    assert headers[names.HEADER_DEAD_ATTEMPTS] == b"3"
    assert headers[names.HEADER_DEAD_FIRST_FAILURE] < headers[names.HEADER_DEAD_LAST_FAILURE]
    assert calls.ids == ["r1"] * 3


def test_what_is_gone_is_done(stage: Stage) -> None:
    calls = always(Gone("withdrawn"))
    stage.consume(calls)
    stage.send("r1", "r2")
    stage.wait_until_committed(2)
    assert sorted(calls.ids) == ["r1", "r2"]


def test_overload_pauses_its_partition_and_no_other(stage: Stage) -> None:
    def answer(payload: EventPayload) -> tuple[EventPayload, ...]:
        if payload.report_id == "slow":
            raise Overloaded("later", retry_after=3_600)
        return ()

    calls = Calls(answer)
    consumer = stage.consume(calls)
    stage.producer.send([stage.record("slow", key="a"), stage.record("behind", key="a")])
    calls.wait_for(1)
    others = [f"key{number}" for number in range(20)]
    stage.send(*others)
    until(lambda: len(set(calls.ids)) > 5, "the other partition to go on")
    assert calls.ids.count("slow") == 1
    assert "behind" not in calls.ids
    assert consumer.health() is None


def test_after_an_overload_it_goes_on_where_it_was(stage: Stage) -> None:
    calls = Calls(Failing(Overloaded("later", retry_after=0.05)))
    stage.consume(calls)
    stage.producer.send([stage.record(f"r{n}", key="a") for n in range(3)])
    assert calls.wait_for(4) == ["r0", "r0", "r1", "r2"]


def test_a_partition_that_waited_is_read_to_its_end(stage: Stage) -> None:
    waited = Overloaded("later", retry_after=0.5)
    failing = Failing(waited)

    def answer(payload: EventPayload) -> tuple[EventPayload, ...]:
        return failing(payload) if payload.report_id == "waits" else ()

    calls = Calls(answer)
    stage.producer.send([stage.record("waits", key="a")])
    stage.producer.send([stage.record(f"behind{n}", key="a") for n in range(20)])
    stage.consume(calls, max_poll_records=2)
    calls.wait_for(1)
    # What the client has fetched of the one partition it must not forget over the other.
    stage.send(*(f"key{number}" for number in range(20)))
    calls.wait_for(42)
    stage.wait_until_committed(41)


def test_what_is_unavailable_is_never_committed_and_comes_back(stage: Stage) -> None:
    away = always(Unavailable("the index is away"))
    consumer = stage.consume(away)
    stage.producer.send([stage.record(f"r{n}", key="a") for n in range(3)])
    # Far more often than a bug would be tried.
    away.wait_for(6)
    assert set(away.ids) == {"r0"}
    assert consumer.health() is None
    until(lambda: consumer.lag() == {stage.topic.name: 3}, "lag to be measured")
    consumer.stop(5)
    calls = Calls()
    stage.consume(calls)
    assert calls.wait_for(3) == ["r0", "r1", "r2"]


def test_a_bad_release_stops_before_it_drains_the_topic(stage: Stage) -> None:
    calls = always(ZeroDivisionError())
    consumer = stage.consume(
        calls,
        wait=False,
        max_attempts=1,
        dead_letter_window=4,
    )
    stage.producer.send([stage.record(f"r{n}", key="a") for n in range(10)])
    until(lambda: consumer.failure is not None, "the consumer to stop")
    assert consumer.health() == consumer.failure
    assert "50%" in str(consumer.failure)
    assert calls.ids == ["r0", "r1", "r2"]
    assert len(stage.read(stage.topic.dead_letters, 2)) == 2
    consumer.stop(5)
    repaired = Calls()
    stage.consume(repaired)
    assert repaired.wait_for(8)[0] == "r2"
