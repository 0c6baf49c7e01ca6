"""Readiness, traces and what is worth a trace."""

import asyncio
import threading

import httpx
import pytest

from libs.runtime.http import serve_operations
from libs.runtime.peers import async_peer_check
from libs.telemetry.privacy import REDACTED
from tests.unit.runtime.stage import a_telemetry, an_app, request, spans


def well() -> str | None:
    return None


def away() -> str | None:
    return "It does not answer."


async def gone() -> str | None:
    return "It is gone."


def test_a_service_is_ready_without_what_it_does_not_need_and_tells_of_it() -> None:
    telemetry = a_telemetry()
    app = an_app(telemetry)
    serve_operations(app, telemetry, {"database": well}, also={"kafka": away, "ingest": gone})
    answer = asyncio.run(request(app, "GET", "/readyz"))
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "dependencies": {
            "database": "ok",
            "kafka": "It does not answer.",
            "ingest": "It is gone.",
        },
    }


def test_a_service_is_not_ready_without_what_it_needs() -> None:
    telemetry = a_telemetry()
    app = an_app(telemetry)
    serve_operations(app, telemetry, {"database": away}, also={"kafka": well})
    answer = asyncio.run(request(app, "GET", "/readyz"))
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"


def test_dependencies_are_asked_at_the_same_time() -> None:
    telemetry, together = a_telemetry(), threading.Barrier(2)

    def meets() -> str | None:
        together.wait(timeout=10)
        return None

    app = an_app(telemetry)
    serve_operations(app, telemetry, {"one": meets, "other": meets})
    assert asyncio.run(request(app, "GET", "/readyz")).status_code == 200


def test_a_peer_that_is_away_is_told_in_a_sentence() -> None:
    def behind(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/healthz"
        raise httpx.ConnectError("refused", request=request)

    async def ask() -> str | None:
        transport = httpx.MockTransport(behind)
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
            return await async_peer_check(client, "ingest")()

    told = asyncio.run(ask())
    assert told is not None
    assert told.startswith("The service ingest does not answer")


def test_traces_are_for_the_inside_only() -> None:
    telemetry = a_telemetry()
    inside, outside = an_app(telemetry), an_app(telemetry)
    serve_operations(inside, telemetry, {})
    serve_operations(outside, telemetry, {}, internal=False)
    for path in ("/internal/traces", "/internal/traces/" + "0" * 32):
        assert asyncio.run(request(inside, "GET", path)).status_code == 200
        assert asyncio.run(request(outside, "GET", path)).status_code == 404


@pytest.mark.parametrize("limit", [0, -1, 501, 10**30])
def test_the_number_of_traces_has_bounds(limit: int) -> None:
    telemetry = a_telemetry()
    app = an_app(telemetry)
    serve_operations(app, telemetry, {})
    answer = asyncio.run(request(app, "GET", "/internal/traces", params={"limit": limit}))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "traced"),
    [
        ("/", True),
        ("/reports/a", True),
        ("/v1/reports", True),
        ("/internal/reports/a/versions/1", True),
        ("/v1/status", False),
        ("/healthz", False),
        ("/metrics", False),
        ("/docs", False),
        ("/docs/assets/swagger-ui.css", False),
        ("/openapi.json", False),
        ("/favicon.ico", False),
        ("/static/icon.svg", False),
        ("/ops/traces", False),
        ("/internal/traces", False),
        ("/wp-login.php", False),
    ],
)
def test_only_what_people_and_partners_ask_for_is_traced(path: str, traced: bool) -> None:  # noqa: FBT001
    telemetry = a_telemetry()
    answer = asyncio.run(request(an_app(telemetry), "GET", path))
    assert bool(spans(telemetry)) is traced
    assert ("traceresponse" in answer.headers) is traced


def test_no_span_holds_a_question() -> None:
    telemetry = a_telemetry()
    asyncio.run(request(an_app(telemetry), "GET", "/", params={"q": "ensamma äldre"}))
    with telemetry.tracer.start_as_current_span(
        "GET", attributes={"http.url": "http://b/v1?q=ensamma", "url.full": "http://b/v1"}
    ):
        pass
    client, server = spans(telemetry)
    assert server.attributes["url.query"] == REDACTED
    assert client.attributes["http.url"] == f"http://b/v1?{REDACTED}"
    assert client.attributes["url.full"] == "http://b/v1"
    assert "ensamma" not in repr((client, server))
