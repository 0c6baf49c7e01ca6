"""Places to pick from, over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.places.table import places
from libs.runtime.problems import install_problem_handlers
from services.recommend.places_api import places_routes
from tests.unit.runtime.stage import request


def asked(**params: Any) -> httpx.Response:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(places_routes(places))
    return asyncio.run(request(app, "GET", "/v1/places", params=params))


def test_places_are_told_with_whom_to_thank() -> None:
    answer = asked(q="Kiru", country="SE").json()
    assert [place["name"] for place in answer["places"]] == ["Kiruna"]
    assert answer["places"][0]["km_to_city"] == 392.5
    assert "GeoNames" in answer["attribution"]


@pytest.mark.parametrize(("limit", "found"), [(None, 10), (1, 1), (50, 50)])
def test_no_more_are_told_than_are_wanted(limit: int | None, found: int) -> None:
    params = {"q": "s"} | ({} if limit is None else {"limit": limit})
    assert len(asked(**params).json()["places"]) == found


@pytest.mark.parametrize("q", ["\x00", "\u202e", "💥", "' OR 1=1 --", "kiruna " * 10])
def test_what_is_no_name_finds_nothing(q: str) -> None:
    answer = asked(q=q)
    assert answer.status_code == 200
    assert answer.json()["places"] == []


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({}, "/query/q"),
        ({"q": "  "}, "/query/q"),
        ({"q": "x" * 101}, "/query/q"),
        ({"q": "a", "limit": 51}, "/query/limit"),
        ({"q": "a", "country": "se"}, "/query/country"),
        ({"q": "a", "offset": 3}, "/query/offset"),
    ],
)
def test_a_wrong_question_is_refused_by_its_field(params: dict[str, Any], pointer: str) -> None:
    answer = asked(**params)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
