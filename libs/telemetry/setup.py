"""One call per service: a tracer and a meter with the service's own resource.

Nothing here is global, so that four services in one process keep four names.
"""

from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry, generate_latest

from libs.telemetry import names
from libs.telemetry.privacy import WithoutQueries
from libs.telemetry.ring import TraceRing


@dataclass(frozen=True, slots=True)
class Telemetry:
    """A service's providers, its metrics registry and the ring its spans are kept in."""

    tracers: TracerProvider
    meters: MeterProvider
    registry: CollectorRegistry
    ring: TraceRing

    @property
    def tracer(self) -> Tracer:
        """The service's tracer."""
        return self.tracers.get_tracer(names.SCOPE_SERVICES)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def close(self) -> None:
        """Send what is still waiting to be exported."""
        self.tracers.shutdown()
        self.meters.shutdown()


def setup_telemetry(
    service: str, *, ring: TraceRing, otlp_endpoint: str | None, namespace: str = "navigator"
) -> Telemetry:
    """Build a service's telemetry. `otlp_endpoint` is a collector's base URL, or None."""
    resource = Resource.create({"service.name": service, "service.namespace": namespace})
    registry = CollectorRegistry()
    readers: list[MetricReader] = [PrometheusMetricReader(registry=registry)]
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    tracers.add_span_processor(WithoutQueries())
    tracers.add_span_processor(SimpleSpanProcessor(ring))
    if otlp_endpoint:
        base = otlp_endpoint.rstrip("/")
        exporter = OTLPSpanExporter(endpoint=f"{base}/v1/traces")
        tracers.add_span_processor(BatchSpanProcessor(exporter))
        readers.append(
            PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{base}/v1/metrics"))
        )
    meters = MeterProvider(resource=resource, metric_readers=readers, shutdown_on_exit=False)
    return Telemetry(tracers=tracers, meters=meters, registry=registry, ring=ring)
