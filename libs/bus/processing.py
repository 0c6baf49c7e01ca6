"""One attempt at one message: decode, trace, handle, publish, and judge what came of it."""

import logging
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from opentelemetry import metrics, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from libs.bus.binary_mode import structured
from libs.bus.dead_letter import Burial, code_of, dead_letter, without_value
from libs.bus.record import Received, Record, record_of
from libs.bus.retry import Backoff, DeadLetterLimit, Trouble
from libs.clock import Clock, NewId
from libs.errors import InvalidInput, NotFound, Overloaded, TooLarge, Unavailable
from libs.events.envelope import EventPayload, decode
from libs.events.partner_topics import PARTNER_REPORTS, PartnerTopics, region_of
from libs.events.topics import Topic
from libs.telemetry import names, propagation

logger = logging.getLogger(__name__)

Contract = Topic | PartnerTopics
Handler = Callable[[Any], Sequence[EventPayload]]
Handlers = Mapping[Topic, Handler] | Mapping[PartnerTopics, Handler]


class Sender(Protocol):
    """What sends records and returns when they are safe: `EventProducer`."""

    def send(self, records: Sequence[Record]) -> None:
        """Return when every record is acknowledged; raise Unavailable when one is not."""
        ...


class Outcome(StrEnum):
    """What became of an attempt."""

    DONE = "done"
    ABSENT = "absent"
    DEAD_LETTER = "dead_letter"
    RETRY = "retry"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the loop has to do now; `delay_s` is for RETRY."""

    outcome: Outcome
    delay_s: float = 0.0

    @property
    def finished(self) -> bool:
        """True when the message is over and done with and its offset may be committed."""
        return self.outcome in {Outcome.DONE, Outcome.ABSENT, Outcome.DEAD_LETTER}


@dataclass(frozen=True, slots=True)
class Rules:
    """How often to try, how long to wait in between, when to stop, and what is too large."""

    backoff: Backoff
    max_attempts: int
    limit: DeadLetterLimit
    max_message_bytes: int = 1_000_000


class Instruments:
    """The counters of one consumer."""

    def __init__(self, meter: metrics.Meter) -> None:
        self.consumed = meter.create_counter(
            names.METRIC_CONSUMED, "{message}", "Messages that are over and done with"
        )
        self.duration = meter.create_histogram(
            names.METRIC_PROCESS_DURATION, "s", "Duration of one attempt at a message"
        )
        self.retries = meter.create_counter(
            names.METRIC_RETRIES, "{message}", "Attempts that are put off to be made again"
        )
        self.dead_letters = meter.create_counter(
            names.METRIC_DEAD_LETTERS, "{message}", "Messages sent to a dead-letter topic"
        )


class Processor:
    """Knows the handlers and what each kind of error means. Knows nothing of Kafka."""

    def __init__(
        self,
        *,
        group: str,
        handlers: Handlers,
        producer: Sender,
        source: str,
        clock: Clock,
        new_id: NewId,
        rules: Rules,
        tracer: trace.Tracer,
        meter: metrics.Meter,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._group = group
        self._handlers: dict[str, tuple[Contract, Handler]] = {
            contract.name: (contract, handler) for contract, handler in handlers.items()
        }
        self._producer = producer
        self._source = source
        self._clock = clock
        self._new_id = new_id
        self._rules = rules
        self._tracer = tracer
        self._instruments = Instruments(meter)
        self._monotonic = monotonic
        self._troubles: dict[tuple[str, int, int], Trouble] = {}
        self._partner_limits: dict[str, DeadLetterLimit] = {}

    def process(self, message: Received) -> Verdict:
        """Try the message once. The outgoing events are safe at the broker when this returns."""
        trouble = self._trouble_with(message)
        started = self._monotonic()
        with self._span(message, trouble) as span:
            try:
                self._handle(message, span)
                verdict = Verdict(Outcome.DONE)
            except Exception as error:  # noqa: BLE001 the one place that judges every error
                verdict = self._judge(message, trouble, error)
                span.set_attribute(names.ERROR_TYPE, type(error).__name__)
                span.set_status(Status(StatusCode.ERROR, code_of(error)))
            span.set_attribute(names.OUTCOME, verdict.outcome)
        attributes = self._attributes(message) | {names.OUTCOME: str(verdict.outcome)}
        self._instruments.duration.record(self._monotonic() - started, attributes)
        if verdict.finished:
            self._troubles.pop(_place(message), None)
            self._instruments.consumed.add(1, attributes)
        return verdict

    def forget(self, topic: str, partition: int) -> None:
        """Another member has the partition now: what went wrong in it is its to count."""
        for place in [each for each in self._troubles if each[:2] == (topic, partition)]:
            del self._troubles[place]

    def _handle(self, message: Received, span: Span) -> None:
        if len(message.value) > self._rules.max_message_bytes:
            raise TooLarge(
                f"the message has {len(message.value)} bytes, more than "
                f"{self._rules.max_message_bytes}: send what is so large by HTTP"
            )
        partners = region_of(message.topic) is not None
        contract, handler = self._handlers[PARTNER_REPORTS if partners else message.topic]
        event = decode(structured(message))
        span.set_attribute(names.MESSAGING_MESSAGE_ID, event.id)
        outgoing = handler(contract.read(message.topic, event))
        self._producer.send(
            [
                record_of(payload, source=self._source, clock=self._clock, new_id=self._new_id)
                for payload in outgoing
            ]
        )
        self._limit(message).count(bug=False)

    def _judge(self, message: Received, trouble: Trouble, error: Exception) -> Verdict:
        match error:
            case InvalidInput():
                return self._bury(message, trouble.again(bug=False), error)
            case NotFound():
                self._log(logging.INFO, "what the event is about is gone", message, error)
                return Verdict(Outcome.ABSENT)
            case Overloaded(retry_after=seconds):
                return self._put_off(message, trouble.again(bug=False), error, seconds)
            case Unavailable():
                return self._put_off(message, trouble.again(bug=False), error)
            case _:
                return self._judge_bug(message, trouble.again(bug=True), error)

    def _judge_bug(self, message: Received, trouble: Trouble, error: Exception) -> Verdict:
        self._log(logging.ERROR, "the handler has a bug", message, error)
        if trouble.bugs < self._rules.max_attempts:
            return self._put_off(message, trouble, error)
        if self._limit(message).reached:
            # One partner's events must not stop those of the others: its topic waits alone.
            partners = region_of(message.topic) is not None
            return self._put_off(message, trouble, error) if partners else Verdict(Outcome.STOP)
        return self._bury(message, trouble, error)

    def _put_off(
        self, message: Received, trouble: Trouble, error: Exception, seconds: float | None = None
    ) -> Verdict:
        self._troubles[_place(message)] = trouble
        delay = self._rules.backoff.delay(trouble.attempts) if seconds is None else seconds
        self._instruments.retries.add(1, self._attributes(message, error))
        level = logging.INFO if isinstance(error, Overloaded) else logging.WARNING
        self._log(level, "the event will be tried again", message, error)
        return Verdict(Outcome.RETRY, delay)

    def _bury(self, message: Received, trouble: Trouble, error: Exception) -> Verdict:
        letter = dead_letter(message, Burial(self._group, error, trouble, self._clock()))
        try:
            self._send_letter(letter)
        except Unavailable as unavailable:
            # The attempt itself counted already; only the letter has to wait.
            return self._put_off(message, trouble, unavailable)
        self._limit(message).count(bug=not isinstance(error, InvalidInput))
        self._instruments.dead_letters.add(1, self._attributes(message, error))
        self._log(logging.WARNING, "the event became a dead letter", message, error)
        return Verdict(Outcome.DEAD_LETTER)

    def _send_letter(self, letter: Record) -> None:
        try:
            self._producer.send([letter])
        except TooLarge:
            # A partner's topic may take larger messages than ours. The letter says where it is.
            self._producer.send([without_value(letter)])

    def _limit(self, message: Received) -> DeadLetterLimit:
        if region_of(message.topic) is None:
            return self._rules.limit
        return self._partner_limits.setdefault(message.topic, self._rules.limit.anew())

    def _trouble_with(self, message: Received) -> Trouble:
        return self._troubles.get(_place(message)) or Trouble(first_failure=self._clock())

    def _span(self, message: Received, trouble: Trouble) -> AbstractContextManager[Span]:
        return self._tracer.start_as_current_span(
            f"{names.SPAN_PROCESS} {message.topic}",
            context=propagation.context_of(message.headers),
            kind=SpanKind.CONSUMER,
            attributes={
                names.MESSAGING_SYSTEM: names.MESSAGING_SYSTEM_KAFKA,
                names.MESSAGING_OPERATION_NAME: names.SPAN_PROCESS,
                names.MESSAGING_OPERATION_TYPE: "process",
                names.MESSAGING_DESTINATION_NAME: message.topic,
                names.MESSAGING_DESTINATION_PARTITION_ID: str(message.partition),
                names.MESSAGING_CONSUMER_GROUP_NAME: self._group,
                names.MESSAGING_KAFKA_OFFSET: message.offset,
                names.MESSAGING_KAFKA_MESSAGE_KEY: message.key.encode(errors="replace").decode(),
                names.MESSAGING_MESSAGE_BODY_SIZE: len(message.value),
                names.ATTEMPT: trouble.attempts + 1,
            },
        )

    def _attributes(self, message: Received, error: Exception | None = None) -> dict[str, str]:
        attributes = {
            names.MESSAGING_DESTINATION_NAME: message.topic,
            names.MESSAGING_CONSUMER_GROUP_NAME: self._group,
        }
        return attributes | ({names.ERROR_TYPE: type(error).__name__} if error else {})

    def _log(self, level: int, text: str, message: Received, error: Exception) -> None:
        # Never the error's own words: a bug's may quote the report.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        logger.log(
            level,
            text,
            extra={
                "topic": message.topic,
                "partition": message.partition,
                "offset": message.offset,
                "group": self._group,
                "error": type(error).__name__,
                "code": code_of(error),
                "where": f"{frame.filename}:{frame.lineno}",
            },
        )


def _place(message: Received) -> tuple[str, int, int]:
    return message.topic, message.partition, message.offset
