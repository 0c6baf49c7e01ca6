import datetime as dt
import logging
from collections.abc import Sequence

import pytest
from opentelemetry import metrics, trace

from libs.bus.processing import Handler, Outcome, Processor, Rules
from libs.bus.record import Received, Record, record_of
from libs.bus.retry import Backoff, DeadLetterLimit
from libs.errors import Conflict, Gone, InvalidInput, Overloaded, TooLarge, Unavailable
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportIndexed, ReportWithdrawn
from libs.events.topics import REPORTS_INDEXED, REPORTS_WITHDRAWN

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
WITHDRAWN = ReportWithdrawn(report_id="r1", version=1)
INDEXED = ReportIndexed(report_id="r1", version=1, passages=2, model="m")


class Outbox:
    """Keeps what it is given, or refuses it."""

    def __init__(self, *refusals: Exception) -> None:
        self.sent: list[Record] = []
        self._refusals = list(refusals)

    def send(self, records: Sequence[Record]) -> None:
        if records and self._refusals:
            raise self._refusals.pop(0)
        self.sent.extend(records)


def raising(error: Exception) -> Handler:
    def handler(_: EventPayload) -> Sequence[EventPayload]:
        raise error

    return handler


def processor(handler: Handler, outbox: Outbox) -> Processor:
    return Processor(
        group="g",
        handlers={REPORTS_WITHDRAWN: handler},
        producer=outbox,
        source="/test",
        clock=lambda: NOON,
        new_id=lambda: "id",
        rules=Rules(Backoff(1, 8, lambda: 1.0), 2, DeadLetterLimit(ratio=0.5, window=2)),
        tracer=trace.NoOpTracer(),
        meter=metrics.NoOpMeter("test"),
        monotonic=lambda: 0.0,
    )


def message(value: bytes | None = None, offset: int = 0) -> Received:
    record = record_of(WITHDRAWN, source="/test", clock=lambda: NOON, new_id=lambda: "id")
    return Received(
        REPORTS_WITHDRAWN.name,
        0,
        offset,
        "r1",
        record.value if value is None else value,
        record.headers,
    )


def test_what_the_handler_returns_is_sent() -> None:
    outbox = Outbox()
    verdict = processor(lambda _: [INDEXED], outbox).process(message())
    assert (verdict.outcome, verdict.finished) == (Outcome.DONE, True)
    assert [(record.topic, record.key) for record in outbox.sent] == [(REPORTS_INDEXED.name, "r1")]


@pytest.mark.parametrize(
    ("error", "outcome", "delay"),
    [
        (InvalidInput("no"), Outcome.DEAD_LETTER, 0),
        (Gone("withdrawn"), Outcome.ABSENT, 0),
        (Overloaded("later", retry_after=7), Outcome.RETRY, 7),
        (Unavailable("away"), Outcome.RETRY, 1),
        (Conflict("a surprise"), Outcome.RETRY, 1),
        (RuntimeError("bug"), Outcome.RETRY, 1),
    ],
)
def test_each_error_has_its_meaning(error: Exception, outcome: Outcome, delay: float) -> None:
    verdict = processor(raising(error), Outbox()).process(message())
    assert (verdict.outcome, verdict.delay_s) == (outcome, delay)


def test_unavailable_is_tried_for_ever_with_longer_and_longer_delays() -> None:
    trying = processor(raising(Unavailable("away")), Outbox())
    delays = [trying.process(message()).delay_s for _ in range(6)]
    assert delays == [1, 2, 4, 8, 8, 8]


def test_attempts_start_again_with_the_next_message() -> None:
    trying = processor(raising(Unavailable("away")), Outbox())
    trying.process(message())
    assert trying.process(message(offset=1)).delay_s == 1


def test_a_letter_that_cannot_be_sent_is_tried_again() -> None:
    trying = processor(raising(InvalidInput("no")), Outbox(Unavailable("away")))
    assert trying.process(message()).outcome is Outcome.RETRY
    assert trying.process(message()).outcome is Outcome.DEAD_LETTER


def test_a_letter_that_is_too_large_goes_without_its_value() -> None:
    outbox = Outbox(TooLarge("too large"))
    trying = processor(raising(InvalidInput("no")), outbox)
    assert trying.process(message()).outcome is Outcome.DEAD_LETTER
    assert outbox.sent[0].value == b""


def test_an_outgoing_event_that_is_not_acknowledged_is_made_again() -> None:
    outbox = Outbox(Unavailable("away"))
    trying = processor(lambda _: [INDEXED], outbox)
    assert trying.process(message()).outcome is Outcome.RETRY
    assert trying.process(message()).outcome is Outcome.DONE
    assert len(outbox.sent) == 1


def test_too_many_bugs_stop_it_before_the_next_letter() -> None:
    outbox = Outbox()
    trying = processor(raising(RuntimeError("bug")), outbox)
    outcomes = [trying.process(message(offset=n // 2)).outcome for n in range(4)]
    assert outcomes == [Outcome.RETRY, Outcome.DEAD_LETTER, Outcome.RETRY, Outcome.STOP]
    assert len(outbox.sent) == 1


def test_the_log_never_quotes_what_an_error_says(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    trying = processor(raising(RuntimeError("the report's words")), Outbox())
    trying.process(message())
    said = repr([entry.__dict__ for entry in caplog.records])
    assert "the report's words" not in said
    assert "RuntimeError" in said
    assert "test_processing.py:" in said


def test_a_tombstone_from_a_partner_is_no_event() -> None:
    assert processor(lambda _: (), Outbox()).process(message(b"")).outcome is Outcome.DEAD_LETTER
