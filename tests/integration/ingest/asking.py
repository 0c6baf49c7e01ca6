"""Requests to ingest without a network."""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

import httpx
from fastapi import FastAPI

from libs.runtime.problems import install_problem_handlers
from services.ingest.api import routes
from services.ingest.records import record_routes
from services.ingest.status_board import StatusBoard
from tests.integration.ingest.stage import Stage

# Making an app takes longer than most requests to it.
_apps: WeakKeyDictionary[Stage, FastAPI] = WeakKeyDictionary()


def ask(stage: Stage, method: str, path: str, **more: Any) -> httpx.Response:
    """The answer of the stage's one replica."""
    app = _apps.get(stage) or _apps.setdefault(stage, _new_app(stage))

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


def _new_app(stage: Stage) -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(record_routes(stage.database))
    app.include_router(routes(stage.database, stage.intake, StatusBoard(), stage.replay))
    return app
