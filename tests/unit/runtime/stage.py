"""An app as every service makes it, and requests to it without a network."""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx
from fastapi import FastAPI

from libs.runtime.http import new_app
from libs.telemetry.ring import SpanRecord, TraceRing
from libs.telemetry.setup import Telemetry, setup_telemetry

LIMIT = 1_000


def a_telemetry() -> Telemetry:
    return setup_telemetry("test", ring=TraceRing(), otlp_endpoint=None)


def an_app(telemetry: Telemetry) -> FastAPI:
    return new_app(title="t", description="d", max_body_bytes=LIMIT, telemetry=telemetry)


def spans(telemetry: Telemetry) -> list[SpanRecord]:
    return [span for trace in telemetry.ring.recent(100) for span in trace]


async def request(
    app: FastAPI, method: str, path: str, *, with_bug: bool = False, **more: Any
) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=not with_bug)
    async with httpx.AsyncClient(transport=transport, base_url="http://navigator") as client:
        return await client.request(method, path, **more)


async def call(
    app: FastAPI, received: Iterable[dict[str, Any]], *, stays: bool = False, **scope: Any
) -> list[dict[str, Any]]:
    """What the app sends to a caller who sends just these messages and then leaves, or stays."""
    waiting, sent = list(received), []

    async def receive() -> dict[str, Any]:
        if stays and not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    whole = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "server": ("navigator", 80),
    }
    await app({**whole, **scope}, receive, send)
    return sent
