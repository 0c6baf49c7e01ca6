"""Reports near to a report, over HTTP."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from libs.runtime.problems import install_problem_handlers
from services.embed.similar import similar_routes
from tests.unit.embed.fakes import FakeIndex


@pytest.fixture
def index() -> FakeIndex:
    index = FakeIndex()
    for name in "abc":
        index.publish(name, 2)
    return index


def ask(index: FakeIndex, query: str) -> httpx.Response:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(similar_routes(lambda: index))

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://embed") as client:
            return await client.get(f"/internal/reports/a/similar{query}")

    return asyncio.run(asked())


def test_similar_reports_are_told_with_their_version(index: FakeIndex) -> None:
    one = {"report_id": "b", "version": 2, "title": "b", "similarity": 0.5}
    assert ask(index, "?limit=1").json() == [one]
    assert [each["report_id"] for each in ask(index, "").json()] == ["b", "c"]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?limit=x"])
def test_a_wrong_limit_is_refused(index: FakeIndex, query: str) -> None:
    assert ask(index, query).status_code == 422
