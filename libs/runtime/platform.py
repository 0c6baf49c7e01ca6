"""What the services of one process share, made when first asked for: the composition root's box."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from libs.bus.consumer import EventConsumer, Handlers
from libs.bus.producer import EventProducer
from libs.bus.record import Record, record_of
from libs.clock import Clock, NewId, random_id, utc_now
from libs.events.envelope import EventPayload
from libs.runtime.settings import PlatformSettings, ServiceName
from libs.telemetry.ring import TraceRing
from libs.telemetry.setup import Telemetry, setup_telemetry

if TYPE_CHECKING:
    # The gateway's and ingest's images hold neither numpy nor Qdrant.
    from libs.vectors.collections import Collections
    from libs.vectors.port import CollectionSpec, PassageIndex

MAX_CONNECTIONS = 64


class Platform:
    """Settings, clock, telemetry, bus and index for the services that run together."""

    def __init__(
        self, settings: PlatformSettings, *, clock: Clock = utc_now, new_id: NewId = random_id
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.new_id = new_id
        self._ring = TraceRing(settings.trace_ring)
        self._telemetry: dict[str, Telemetry] = {}
        self._collections: Collections | None = None
        self._collections_lock = threading.Lock()

    def telemetry(self, service: ServiceName) -> Telemetry:
        """A service's telemetry; all share one ring, so that a trace is seen whole."""
        if service not in self._telemetry:
            self._telemetry[service] = setup_telemetry(
                service, ring=self._ring, otlp_endpoint=self.settings.otlp_endpoint
            )
        return self._telemetry[service]

    def record_of(self, service: ServiceName) -> Callable[[EventPayload], Record]:
        """Makes records whose source is this service, in the trace that is running."""

        def make(payload: EventPayload) -> Record:
            source = f"/navigator/{service}"
            return record_of(payload, source=source, clock=self.clock, new_id=self.new_id)

        return make

    def producer(self, service: ServiceName) -> EventProducer:
        """A producer for a service."""
        telemetry = self.telemetry(service)
        return EventProducer(
            self.settings.bus(),
            service,
            tracer_provider=telemetry.tracers,
            meter_provider=telemetry.meters,
        )

    def consumer(
        self,
        service: ServiceName,
        producer: EventProducer,
        handlers: Handlers,
        *,
        broadcast: bool = False,
        group: str | None = None,
        lanes: int = 1,
    ) -> EventConsumer:
        """A service's consumer loop; `group` tells a second one of it from the first.

        With `broadcast` every replica gets every event. `lanes` handlers run at a time.
        """
        telemetry = self.telemetry(service)
        group = f"{service}-{self.settings.instance}" if broadcast else group or service
        return EventConsumer(
            self.settings.bus(),
            service=service,
            group=group,
            handlers=handlers,
            producer=producer,
            source=f"/navigator/{service}",
            clock=self.clock,
            new_id=self.new_id,
            lanes=lanes,
            tracer_provider=telemetry.tracers,
            meter_provider=telemetry.meters,
        )

    def http(self, service: ServiceName, target: ServiceName) -> httpx.Client:
        """A client with which one service asks another; traced."""
        client = httpx.Client(**self._client_options(target, MAX_CONNECTIONS))
        tracers = self.telemetry(service).tracers
        HTTPXClientInstrumentor.instrument_client(client, tracer_provider=tracers)
        return client

    def async_http(
        self, service: ServiceName, target: ServiceName, *, max_connections: int = MAX_CONNECTIONS
    ) -> httpx.AsyncClient:
        """The same for an event loop."""
        client = httpx.AsyncClient(**self._client_options(target, max_connections))
        tracers = self.telemetry(service).tracers
        HTTPXClientInstrumentor.instrument_client(client, tracer_provider=tracers)
        return client

    def _client_options(self, target: ServiceName, max_connections: int) -> dict[str, Any]:
        return {
            "base_url": self.settings.url_of(target),
            "timeout": httpx.Timeout(30.0, connect=2.0),
            # The servers let go of a quiet connection after 5 s; a client that used one at that
            # moment would get an error for nothing.
            "limits": httpx.Limits(max_connections=max_connections, keepalive_expiry=3.0),
            "trust_env": False,
        }

    def collections(self) -> "Collections":
        """The collections of passages, for all services of the process."""
        # See above: not at the top.
        from libs.vectors.opening import open_collections  # noqa: PLC0415

        with self._collections_lock:
            if self._collections is None:
                self._collections = open_collections(self.settings.vectors())
            return self._collections

    def index(self, spec: "CollectionSpec") -> "PassageIndex":
        """The collection of a model, opened once for all services of the process."""
        return self.collections().index(spec)

    def close(self) -> None:
        """Let go of everything, after all services have stopped."""
        if self._collections is not None:
            self._collections.close()
        for telemetry in self._telemetry.values():
            telemetry.close()
