"""Counting the collection over HTTP."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from libs.runtime.problems import install_problem_handlers
from libs.vectors.port import PassagePoint, SparseVector
from services.embed.counts import count_routes
from services.embed.points import passage_id
from tests.unit.embed.fakes import FakeIndex

VECTOR = np.eye(1, 8, dtype=np.float32)[0]


def passages(report_id: str, version: int, count: int, partner: str = "norr") -> list[PassagePoint]:
    payload = {"report_id": report_id, "version": version, "partner": partner}
    ids = (passage_id(report_id, version, ordinal) for ordinal in range(count))
    return [PassagePoint(each, VECTOR, SparseVector((), ()), payload) for each in ids]


@pytest.fixture
def index() -> FakeIndex:
    index = FakeIndex()
    index.upsert(passages("a", 1, 3) + passages("a", 2, 4) + passages("b", 1, 5, "söder"))
    return index


def ask(index: FakeIndex, body: Any) -> httpx.Response:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(count_routes(lambda: index))

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://embed") as client:
            return await client.post("/internal/passages/counts", json=body)

    return asyncio.run(asked())


def counted(index: FakeIndex, **request: Any) -> tuple[Counter[tuple[str, int]], int]:
    """All pages added up, and how many there were."""
    found: Counter[tuple[str, int]] = Counter()
    pages = 0
    while True:
        answer = ask(index, request).json()
        for each in answer["counts"]:
            found[each["report_id"], each["version"]] += each["passages"]
        pages += 1
        if answer["next"] is None:
            return found, pages
        request["start"] = answer["next"]


def test_the_whole_collection_is_counted_page_by_page(index: FakeIndex) -> None:
    whole = Counter({("a", 1): 3, ("a", 2): 4, ("b", 1): 5})
    assert counted(index) == (whole, 1)
    assert counted(index, limit=5) == (whole, 3)


def test_a_partner_is_counted_alone(index: FakeIndex) -> None:
    assert counted(index, partner="söder")[0] == Counter({("b", 1): 5})
    assert counted(index, partner="nobody")[0] == Counter()


def test_it_is_told_which_versions_are_found(index: FakeIndex) -> None:
    index.publish("a", 2)
    told = {(c["report_id"], c["version"]): c["published"] for c in ask(index, {}).json()["counts"]}
    assert told == {("a", 1): False, ("a", 2): True, ("b", 1): False}


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "-" * 36},
        {"start": 1},
        {"limit": 0},
        {"limit": 10**9},
        {"partner": "x" * 65},
        {"more": 1},
        [],
    ],
)
def test_a_wrong_request_is_refused(index: FakeIndex, wrong: Any) -> None:
    assert ask(index, wrong).status_code == 422
