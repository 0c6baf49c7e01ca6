"""One signed message to one webhook, measured and traced."""

import datetime as dt
import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer

from libs.clock import Clock
from libs.telemetry import names, propagation
from services.ingest.webhooks.addresses import Destinations
from services.ingest.webhooks.calling import Caller, Outcome
from services.ingest.webhooks.signing import signed_headers

log = logging.getLogger(__name__)

USER_AGENT: Final = f"Navigator-Webhooks/{version('navigator-bsr')}"
INTERNAL: Final = "internal"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: its id is the same at each attempt, its body is never made anew."""

    id: str
    type: str
    body: str
    attempt: int = 1
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and the secrets that are valid now."""

    webhook_id: str
    url: str
    secrets: Sequence[str]


class Sender:
    """Sends messages; safe to be used by many threads, each with a caller of its own."""

    def __init__(
        self,
        destinations: Destinations,
        context: ssl.SSLContext,
        timeout_s: float,
        clock: Clock,
        tracer: Tracer,
        meters: MeterProvider,
    ) -> None:
        self._destinations = destinations
        self._context = context
        self._timeout_s = timeout_s
        self._clock = clock
        self._tracer = tracer
        meter = meters.get_meter(names.SCOPE_SERVICES)
        self._attempts = meter.create_counter(
            names.METRIC_WEBHOOK_ATTEMPTS, "{attempt}", "Attempts to send a webhook message"
        )
        self._durations = meter.create_histogram(
            names.METRIC_WEBHOOK_DURATION, "s", "Duration of an attempt"
        )

    @contextmanager
    def caller(self) -> Iterator[Caller]:
        """A caller for one webhook's turn."""
        caller = Caller(self._destinations, self._context, self._timeout_s)
        try:
            yield caller
        finally:
            caller.close()

    def send(self, caller: Caller, target: Target, message: Message) -> Outcome:
        """One attempt. A bug in it is that attempt's failure: it must not stop other webhooks."""
        headers = propagation.context_of(_traced(message))
        with self._tracer.start_as_current_span(
            names.SPAN_WEBHOOK,
            context=headers,
            kind=SpanKind.CLIENT,
            attributes={
                names.WEBHOOK_ID: target.webhook_id,
                names.WEBHOOK_MESSAGE_ID: message.id,
                names.WEBHOOK_TYPE: message.type,
                names.WEBHOOK_ATTEMPT: message.attempt,
            },
        ) as span:
            outcome = self._post(caller, target, message)
            if outcome.response_code is not None:
                span.set_attribute(names.HTTP_RESPONSE_STATUS_CODE, outcome.response_code)
            if not outcome.delivered:
                error = outcome.error or str(outcome.response_code)
                span.set_attribute(names.ERROR_TYPE, error)
                span.set_status(Status(StatusCode.ERROR, error))
        self._durations.record(outcome.duration_s)
        return outcome

    def count(self, became: str, outcome: Outcome) -> None:
        """Measure what became of an attempt."""
        error = outcome.error or ("" if outcome.delivered else str(outcome.response_code))
        self._attempts.add(1, {names.WEBHOOK_OUTCOME: became, names.ERROR_TYPE: error})

    def _post(self, caller: Caller, target: Target, message: Message) -> Outcome:
        try:
            headers = _headers(target, message, self._clock())
            return caller.post(target.url, headers, message.body)
        except Exception:
            log.exception("sending a webhook has a bug", extra={"webhook_id": target.webhook_id})
            return Outcome(0.0, error=INTERNAL)


def _headers(target: Target, message: Message, now: dt.datetime) -> dict[str, str]:
    trace = {name: value.decode() for name, value in propagation.with_current_trace(())}
    signed = signed_headers(message.id, message.body, target.secrets, now)
    return {"user-agent": USER_AGENT, **trace, **signed}


def _traced(message: Message) -> propagation.Headers:
    if message.traceparent is None:
        return ()
    return ((names.HEADER_TRACEPARENT, message.traceparent.encode()),)
