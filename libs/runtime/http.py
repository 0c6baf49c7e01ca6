"""The HTTP side that all four services share: limits, problems, health, metrics and traces."""

from collections.abc import Mapping, MutableMapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Response
from opentelemetry import trace
from starlette.concurrency import run_in_threadpool
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from libs.errors import TooLarge
from libs.runtime.problems import install_problem_handlers, problem_of, problem_response
from libs.runtime.service import Check
from libs.telemetry.setup import Telemetry

# Probes and scrapes come every few seconds and would push real traces out of the ring, and
# looking at the traces must not make more of them.
UNTRACED = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/internal/traces",
    "/internal/counts",
    "/v1/status",
    "/static/",
    "/ops/",
)


def new_app(
    *,
    title: str,
    description: str,
    max_body_bytes: int,
    telemetry: Telemetry,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """A FastAPI app with the shared error handling, body limit and server spans."""
    app = FastAPI(
        title=title,
        description=description,
        version=version("navigator-bsr"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={
            "tracer_provider": telemetry.tracers,
            "meter_provider": telemetry.meters,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": _untraced,
        },
    )
    install_problem_handlers(app)
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)
    app.add_middleware(TraceResponse)
    return app


def serve_operations(app: FastAPI, telemetry: Telemetry, checks: Mapping[str, Check]) -> None:
    """Add `/healthz`, `/readyz`, `/metrics` and the service's share of the traces."""

    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def ready(response: Response) -> dict[str, object]:
        found = {name: await run_in_threadpool(check) for name, check in checks.items()}
        well = all(trouble is None for trouble in found.values())
        response.status_code = 200 if well else 503
        return {
            "status": "ready" if well else "not ready",
            "dependencies": {name: trouble or "ok" for name, trouble in found.items()},
        }

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(telemetry.exposition(), media_type="text/plain; version=0.0.4")

    @app.get("/internal/traces", include_in_schema=False)
    def traces(limit: int = 100) -> list[list[dict[str, object]]]:
        return [[asdict(span) for span in spans] for spans in telemetry.ring.recent(limit)]

    @app.get("/internal/traces/{trace_id}", include_in_schema=False)
    def one_trace(trace_id: str) -> list[dict[str, object]]:
        return [asdict(span) for span in telemetry.ring.trace(trace_id)]


def _untraced(scope: MutableMapping[str, Any]) -> bool:
    return str(scope["path"]).startswith(UNTRACED)


class TraceResponse:
    """Tells the caller the trace of its request: the `traceresponse` header.

    https://w3c.github.io/trace-context/#traceresponse-header
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        context = trace.get_current_span().get_span_context()
        if scope["type"] != "http" or not context.is_valid:
            await self._app(scope, receive, send)
            return
        trace_id, span_id = trace.format_trace_id(context.trace_id), f"{context.span_id:016x}"
        header = f"00-{trace_id}-{span_id}-{context.trace_flags:02x}".encode()

        async def send_with_trace(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"traceresponse", header)]
            await send(message)

        await self._app(scope, receive, send_with_trace)


class BodyLimit:
    """Refuses a request body over a limit: by its announced size at once, else while it comes."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = RequestBodyLimitMiddleware(app, max_body_size=max_bytes)
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] == "http" and _announced_size(scope) > self._max_bytes:
            # Starlette's own answer to an announced size is plain text.
            error = TooLarge(
                f"The body is over {self._max_bytes} bytes. Send a smaller document, or ask the "
                "operators to raise NAVIGATOR_MAX_BODY_BYTES."
            )
            await problem_response(problem_of(error))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _announced_size(scope: Scope) -> int:
    value: bytes = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() else 0
