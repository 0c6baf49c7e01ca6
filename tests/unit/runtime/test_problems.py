"""Every refusal is a problem that says what to do, the framework's own refusals too."""

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from libs.errors import BY_STATUS, NavigatorError, Overloaded, Unavailable
from libs.runtime.peers import error_of
from libs.runtime.problems import problem_document, problem_response
from tests.unit.runtime.stage import LIMIT, a_telemetry, an_app, call, request


@pytest.fixture
def app() -> FastAPI:
    app = an_app(a_telemetry())

    @app.get("/things")
    @app.post("/things")
    async def things(request: Request) -> int:
        return len(await request.body())

    @app.delete("/things")
    async def remove() -> None:
        raise Overloaded("Too many.", retry_after=3.4)

    @app.post("/forms")
    async def forms(request: Request) -> int:
        return len(await request.form())

    @app.get("/bug")
    async def bug() -> None:
        raise KeyError("secret")

    return app


def test_every_error_of_ours_is_found_by_its_status() -> None:
    def below(kind: type[NavigatorError]) -> set[type[NavigatorError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    ours = {kind for kind in below(NavigatorError) if kind.__module__ == NavigatorError.__module__}
    assert set(BY_STATUS.values()) == ours - {NavigatorError}
    assert all(kind.status == status for status, kind in BY_STATUS.items())


@pytest.mark.parametrize("status", [*BY_STATUS, 500, 502, 418])
def test_another_service_s_answer_is_the_error_that_it_means(status: int) -> None:
    error = error_of("ingest", httpx.Response(status, json={"detail": "Because."}))
    assert type(error) is BY_STATUS.get(status, Unavailable)
    assert error.detail == "Because."


def test_an_unknown_address_says_where_to_look(app: FastAPI) -> None:
    answer = asyncio.run(request(app, "GET", "/nothing"))
    assert answer.status_code == 404
    problem = answer.json()
    assert problem["type"] == "urn:navigator:problem:not-found"
    assert "/docs" in problem["detail"]


def test_a_wrong_method_says_which_ones_work(app: FastAPI) -> None:
    answer = asyncio.run(request(app, "PATCH", "/things"))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST, DELETE"
    assert "PATCH" in answer.json()["detail"]
    assert "GET, POST, DELETE" in answer.json()["detail"]


def test_too_much_is_told_alike_whether_it_was_announced_or_not(app: FastAPI) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(LIMIT):
            yield b"xx"

    announced = asyncio.run(request(app, "POST", "/things", content=b"x" * (LIMIT + 1)))
    streamed = asyncio.run(request(app, "POST", "/things", content=pieces()))
    assert announced.status_code == streamed.status_code == 413
    assert announced.json()["detail"] == streamed.json()["detail"]
    assert "NAVIGATOR_MAX_BODY_BYTES" in streamed.json()["detail"]
    assert streamed.json()["code"] == "too-large"


def test_a_form_without_its_boundary_is_invalid_input(app: FastAPI) -> None:
    headers = {"content-type": "multipart/form-data"}
    answer = asyncio.run(request(app, "POST", "/forms", content=b"--x", headers=headers))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "invalid-input")
    assert "boundary" in problem["detail"]
    assert problem["detail"].endswith(".")


def test_when_to_try_again_is_told(app: FastAPI) -> None:
    answer = asyncio.run(request(app, "DELETE", "/things"))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")


def test_a_bug_tells_its_trace_and_nothing_else(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    answer = asyncio.run(request(app, "GET", "/bug", with_bug=True))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "unexpected error" in caplog.text


def test_a_caller_that_goes_away_in_the_middle_is_no_bug(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    part = {"type": "http.request", "body": b"{", "more_body": True}
    with caplog.at_level(logging.INFO):
        sent = asyncio.run(call(app, [part], path="/things"))
    assert sent[0]["status"] == 499
    assert caplog.text == ""


def test_other_refusals_keep_their_words() -> None:
    app = an_app(a_telemetry())

    @app.get("/")
    async def refuse() -> None:
        raise HTTPException(401, "Who are you?", {"www-authenticate": "Bearer"})

    answer = asyncio.run(request(app, "GET", "/"))
    assert answer.json()["detail"] == "Who are you?"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_half_a_character_in_a_refusal_is_told_too() -> None:
    document = problem_document(status=422, code="c", title="t", detail="\ud800 is unknown")
    assert "? is unknown" in bytes(problem_response(document).body).decode()
