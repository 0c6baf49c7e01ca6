"""THE loop: the only place that decodes, traces, retries, publishes and then commits."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer
from kafka.errors import FencedInstanceIdError, KafkaError
from opentelemetry import metrics, trace
from opentelemetry.metrics import CallbackOptions, Observation

from libs.bus.client import milliseconds, open_client, told
from libs.bus.letter_topics import LetterTopics
from libs.bus.processing import Handler, Handlers, Processor, Rules, Sender
from libs.bus.retry import Backoff, DeadLetterLimit
from libs.bus.session import Session
from libs.bus.settings import BusSettings
from libs.bus.subscription import subscription_to
from libs.bus.topics import ensure_topic_names
from libs.clock import Clock, NewId
from libs.errors import Unavailable
from libs.telemetry import names

__all__ = ["EventConsumer", "Handler", "Handlers"]

logger = logging.getLogger(__name__)

STARTING = "has not joined its group yet"
STOPPED = "is stopped"


class EventConsumer:
    """Reads topics as a member of a group, on a thread of its own, and calls the handlers.

    A handler gets the payload and returns the payloads to publish. The offset is committed
    when those are safe at the broker, so an event is handled once or more, never less. What
    each error means stands in libs/bus/processing.py.
    """

    def __init__(
        self,
        settings: BusSettings,
        *,
        service: str,
        group: str,
        handlers: Handlers,
        producer: Sender,
        source: str,
        clock: Clock,
        new_id: NewId,
        lanes: int = 1,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        """`lanes` is how many handlers run at a time; a topic's events of one key never do."""
        self._settings = settings
        self._lanes = lanes
        self._member = f"{service}-{settings.instance}"
        self._group = group
        self._subscription = subscription_to(handlers)
        self._monotonic = monotonic
        self._backoff = Backoff(settings.backoff_initial_s, settings.backoff_max_s, jitter)
        # A meter has one gauge of a name, and a service may have two consumers.
        meter = metrics.get_meter(
            names.SCOPE_BUS,
            meter_provider=meter_provider,
            attributes={names.MESSAGING_CONSUMER_GROUP_NAME: group},
        )
        limit = DeadLetterLimit(
            ratio=settings.dead_letter_ratio, window=settings.dead_letter_window
        )
        self._processor = Processor(
            group=group,
            handlers=handlers,
            producer=producer,
            source=source,
            clock=clock,
            new_id=new_id,
            rules=Rules(self._backoff, settings.max_attempts, limit, settings.max_message_bytes),
            tracer=trace.get_tracer(names.SCOPE_BUS, tracer_provider=tracer_provider),
            meter=meter,
            monotonic=monotonic,
        )
        meter.create_observable_gauge(
            names.METRIC_LAG, [self._observe_lag], "{message}", "Messages not yet done"
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"bus-{group}", daemon=True)
        self._session: Session | None = None
        self._trouble = STARTING
        self._failure: str | None = None

    @property
    def name(self) -> str:
        """For logs and for who watches the parts."""
        return f"consumer-{self._group}"

    @property
    def failure(self) -> str | None:
        """Why the consumer stopped for good, or None. The process should end with it."""
        return self._failure

    def failed(self) -> bool:
        """True when the consumer stopped for good."""
        return self._failure is not None

    def start(self) -> None:
        """Begin to consume. Returns at once; `health()` is None when the group is joined."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Finish the event in hand, commit, and close; False if that takes over `timeout` s."""
        self._stopping.set()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout)
        if self._thread.is_alive():
            logger.warning("a handler did not end in time", extra={"group": self._group})
        return not self._thread.is_alive()

    def health(self) -> str | None:
        """None when all is well, otherwise what is wrong and what to do."""
        if self._failure:
            return self._failure
        if not self._thread.is_alive():
            return STOPPED if self._stopping.is_set() else STARTING
        session = self._session
        return None if session is not None and session.ready else self._trouble

    def lag(self) -> dict[str, int]:
        """Events by topic that wait in the partitions held here, some seconds old at most."""
        session = self._session
        known = session.lag if session is not None else {}
        return {**dict.fromkeys(self._subscription.topics, 0), **known}

    def _run(self) -> None:
        failures = 0
        while not (self._stopping.is_set() or self._failure):
            try:
                self._run_session()
            except FencedInstanceIdError:
                self._fail(
                    f"another process consumes as {self._member} in {self._group}: "
                    "give each replica its own NAVIGATOR_INSTANCE"
                )
            except (KafkaError, Unavailable, OSError) as error:
                failures = self._count(failures)
                self._note(error)
            except Exception:
                # Handlers' errors never come here. kafka-python's inner ones do at times, and
                # a new client cures them; a bug of our own it does not.
                failures = self._count(failures)
                logger.exception("the consumer loop has a bug", extra={"group": self._group})
                if failures >= self._settings.max_attempts:
                    self._fail("the consumer loop failed: see the log, and restart the process")
            finally:
                self._session = None
            if failures:
                self._stopping.wait(self._backoff.delay(failures))

    def _count(self, failures: int) -> int:
        return 1 if self._session is not None and self._session.ready else failures + 1

    def _run_session(self) -> None:
        letter_topics = LetterTopics(self._settings, self._make_topics(), monotonic=self._monotonic)
        with self._connected() as client:
            session = Session(
                client,
                self._settings,
                self._processor,
                self._subscription,
                letter_topics,
                self._stopping,
                lanes=self._lanes,
                monotonic=self._monotonic,
            )
            self._session = session
            session.run()
        if session.dead_letter_limit_reached:
            self._fail(
                f"{self._group} stopped: more than {self._settings.dead_letter_ratio:.0%} of the "
                f"last {self._settings.dead_letter_window} events failed by a bug; "
                "see the log for where, mend or roll back, and restart"
            )

    def _make_topics(self) -> tuple[str, ...]:
        """The topics that are known to be there now, with their dead-letter topics."""
        try:
            ensure_topic_names(self._settings, self._subscription.topics)
        except Unavailable:
            if self._subscription.pattern is None:
                raise
            # It may be one partner's that is refused. The session sees to each.
            return ()
        return self._subscription.topics

    @contextmanager
    def _connected(self) -> Iterator[KafkaConsumer]:
        settings = self._settings
        client = open_client(
            KafkaConsumer,
            settings,
            f"{self._member}-consumer",
            metrics_enabled=False,
            group_id=self._group,
            # Static membership: a restarted process takes its partitions back at once. Without
            # it noida-db never lets go of a member that was killed.
            group_instance_id=self._member,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            session_timeout_ms=milliseconds(settings.session_timeout_s),
            heartbeat_interval_ms=milliseconds(min(3.0, settings.session_timeout_s / 3)),
            max_poll_interval_ms=milliseconds(settings.max_poll_interval_s),
            # While the broker waits for something in quiet partitions, the client does not ask
            # it for what stands in the others.
            fetch_max_wait_ms=milliseconds(settings.idle_wait_s),
            metadata_max_age_ms=milliseconds(settings.discovery_s),
        )
        try:
            yield client
        finally:
            client.close(autocommit=False, timeout_ms=1_000)

    def _note(self, error: Exception) -> None:
        self._trouble = str(error) if isinstance(error, Unavailable) else told(error)
        logger.warning(
            "the broker is lost; connecting again",
            extra={"group": self._group, "error": type(error).__name__, "reason": self._trouble},
        )

    def _fail(self, reason: str) -> None:
        self._failure = reason
        logger.error("the consumer stopped", extra={"group": self._group, "reason": reason})

    def _observe_lag(self, _options: CallbackOptions) -> Iterable[Observation]:
        if not self._thread.is_alive():
            return
        for topic, waiting in self.lag().items():
            yield Observation(
                waiting,
                {
                    names.MESSAGING_DESTINATION_NAME: topic,
                    names.MESSAGING_CONSUMER_GROUP_NAME: self._group,
                },
            )
