"""Ingest's routes of many reports, as an app with the limits that a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from fastapi import FastAPI

from libs.runtime.http import new_app
from services.ingest.answer_stream import Turns
from services.ingest.bulk_api import PATH, bulk_routes
from services.ingest.spreadsheets.apart import read_apart
from services.ingest.spreadsheets.grid import Grid
from services.ingest.table_api import table_routes
from tests.integration.ingest.stage import Stage
from tests.unit.runtime.stage import a_telemetry

MAX_LINE = 2_000
MAX_BULK = 1_000_000
Answers = list[dict[str, Any]]
ReadGrid = Callable[[bytes, str | None], Grid]


def an_app(
    stage: Stage, *, most: int = 2, max_bytes: int = MAX_BULK, read_grid: ReadGrid = read_apart
) -> FastAPI:
    app = new_app(
        title="t",
        description="d",
        max_body_bytes=300_000,
        streamed={PATH: max_bytes},
        telemetry=a_telemetry(),
    )
    turns = Turns(most)
    app.include_router(bulk_routes(stage.intake, turns, MAX_LINE, max_bytes))
    app.include_router(table_routes(stage.intake, turns, read_grid))
    return app


def post(app: FastAPI, path: str, **more: Any) -> httpx.Response:
    (answer,) = post_at_once(app, path, 1, **more)
    return answer


def post_at_once(app: FastAPI, path: str, times: int, **more: Any) -> list[httpx.Response]:
    async def asked() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
            return await asyncio.gather(*(client.post(path, **more) for _ in range(times)))

    return asyncio.run(asked())


def stream(app: FastAPI, body: bytes | AsyncIterator[bytes], **more: Any) -> Answers:
    """Post NDJSON; the answers' lines."""
    headers = {"content-type": "application/x-ndjson", "x-navigator-partner": "norr"}
    answer = post(app, PATH, content=body, headers=headers, **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return answers(answer)


def table(app: FastAPI, content: bytes, *, query: str = "", **parts: Any) -> httpx.Response:
    """Post a table with other parts beside it, as JSON where they are objects."""
    files: dict[str, Any] = {"document": ("lista.csv", content)}
    for name, value in parts.items():
        files[name] = (None, value if isinstance(value, str) else json.dumps(value))
    return post(app, f"/v1/bulk/table{query}", files=files)


def answers(response: httpx.Response) -> Answers:
    return [json.loads(line) for line in response.text.splitlines()]
