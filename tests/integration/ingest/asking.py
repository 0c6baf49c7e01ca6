"""Requests to ingest without a network."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from libs.runtime.problems import install_problem_handlers
from services.ingest.api import routes
from services.ingest.status_board import StatusBoard
from tests.integration.ingest.stage import Stage


def ask(
    stage: Stage, method: str, path: str, *, app: FastAPI | None = None, **more: Any
) -> httpx.Response:
    """The answer; `app` makes several requests meet in one replica."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app or new_replica(stage))
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


def new_replica(stage: Stage) -> FastAPI:
    """The app on the stage's database."""
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(routes(stage.database, stage.intake, StatusBoard(), stage.replay))
    return app
