"""The HTTP side that all four services share: limits, problems, health, metrics and traces."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Response
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse
from opentelemetry import trace
from starlette.concurrency import run_in_threadpool
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from libs.runtime.problems import (
    install_problem_handlers,
    problem_of,
    problem_response,
    too_large,
    too_many_bytes,
)
from libs.telemetry.setup import Telemetry

AnyCheck = Callable[[], str | Awaitable[str | None] | None]
"""A Check (see libs.runtime.service), or the same for an event loop."""

# What people and partners ask for, and what an event makes one service ask another. All else
# (probes, scrapes, files, the traces themselves) would push these out of the ring.
TRACED = ("/v1/", "/reports/", "/internal/reports/")
# It is asked every few seconds by whoever watches.
UNTRACED = "/v1/status"


def new_app(
    *,
    title: str,
    description: str,
    max_body_bytes: int,
    telemetry: Telemetry,
    streamed: Mapping[str, int | None] = MappingProxyType({}),
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """A FastAPI app with the shared error handling, body limit and server spans.

    Paths in `streamed` read their bodies piece by piece and have limits of their own, None for
    one that is passed on to a service with a limit.
    """
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
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes, streamed=streamed)
    app.add_middleware(TraceResponse)
    return app


def serve_operations(
    app: FastAPI,
    telemetry: Telemetry,
    checks: Mapping[str, AnyCheck],
    *,
    also: Mapping[str, AnyCheck] | None = None,
    internal: bool = True,
) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`, and with `internal` the service's traces.

    `/readyz` is 503 while one of `checks` finds trouble. What is in `also` is told with it: the
    service does part of its work, or all of it for a while, without those.
    """
    told = {**checks, **(also or {})}

    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def ready(response: Response) -> dict[str, object]:
        # All at once, so that two that do not answer take no longer than one.
        troubles = await asyncio.gather(*map(_asked, told.values()))
        found = dict(zip(told, troubles, strict=True))
        well = all(found[name] is None for name in checks)
        response.status_code = 200 if well else 503
        return {
            "status": "ready" if well else "not ready",
            "dependencies": {name: trouble or "ok" for name, trouble in found.items()},
        }

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(telemetry.exposition(), media_type="text/plain; version=0.0.4")

    if internal:
        serve_traces(app, telemetry)


def answer_head(router: APIRouter) -> APIRouter:
    """Let HEAD work where GET does, for it is the same without the body; returns the router.

    Not for event streams, whose end a caller of HEAD would wait for.
    """
    for route in [route for route in router.routes if isinstance(route, APIRoute)]:
        if route.methods == {"GET"} and route.response_class is not EventSourceResponse:
            router.add_api_route(
                route.path,
                route.endpoint,
                methods=["HEAD"],
                response_model=route.response_model,
                response_class=route.response_class,
                include_in_schema=False,
            )
    return router


def serve_traces(app: FastAPI, telemetry: Telemetry) -> None:
    """Add the process's share of the traces, for the gateway to gather; never to the public."""

    @app.get("/internal/traces", include_in_schema=False)
    def traces(
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[list[dict[str, object]]]:
        return [[asdict(span) for span in spans] for spans in telemetry.ring.recent(limit)]

    @app.get("/internal/traces/{trace_id}", include_in_schema=False)
    def one_trace(trace_id: str) -> list[dict[str, object]]:
        return [asdict(span) for span in telemetry.ring.trace(trace_id)]


async def _asked(check: AnyCheck) -> str | None:
    # One that is meant for the event loop gives its coroutine back at once.
    found = await run_in_threadpool(check)
    return await found if isinstance(found, Awaitable) else found


def _untraced(scope: MutableMapping[str, Any]) -> bool:
    path = str(scope["path"])
    return path == UNTRACED or not (path == "/" or path.startswith(TRACED))


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

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        streamed: Mapping[str, int | None] = MappingProxyType({}),
    ) -> None:
        self._unlimited = app
        self._max_bytes = max_bytes
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        own = scope["type"] == "http" and scope["path"] in self._streamed
        limit = self._streamed[scope["path"]] if own else self._max_bytes
        if limit is None:
            await self._unlimited(scope, receive, send)
        elif scope["type"] == "http" and _announced_size(scope) > limit:
            # Starlette's own answer to an announced size is plain text.
            error = too_many_bytes(limit) if own else too_large(limit)
            await problem_response(problem_of(error))(scope, receive, send)
        else:
            await RequestBodyLimitMiddleware(self._unlimited, limit)(scope, receive, send)


def _announced_size(scope: Scope) -> int:
    value: bytes = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() else 0
