"""What goes through the gateway, what does not, and what becomes of trouble on the way."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from libs.runtime.paths import register_any_text
from services.gateway.forwarding import Followers, Forwarder
from tests.unit.runtime.stage import a_telemetry, an_app, call, request

Behind = Callable[[httpx.Request], Any]


def gateway(behind: Behind, most: int = 2) -> FastAPI:
    client = httpx.AsyncClient(transport=httpx.MockTransport(behind), base_url="http://behind")
    forwarder = Forwarder("ingest", client, "umea")
    followers = Followers(forwarder, most)
    app = an_app(a_telemetry())

    @app.api_route("/v1/reports", methods=["GET", "POST"])
    async def forward(request: Request) -> Response:
        return await forwarder.forward(request)

    register_any_text()

    @app.get("/v1/named/{name:any_text}")
    async def forward_named(request: Request) -> Response:
        return await forwarder.forward(request)

    @app.get("/v1/events")
    async def follow(request: Request) -> Response:
        return await followers.follow(request)

    return app


class Whole(httpx.AsyncByteStream):
    """A body that comes as one from a network does; httpx reads `content` in advance."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"done"


class Breaks(httpx.AsyncByteStream):
    """A body that breaks off."""

    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"half of "
        raise httpx.ReadError("reset")

    async def aclose(self) -> None:
        self.closed = True


def test_the_request_and_its_answer_go_through_and_the_partner_is_the_gateway_s_word() -> None:
    seen: list[httpx.Request] = []

    async def behind(onward: httpx.Request) -> httpx.Response:
        await onward.aread()
        seen.append(onward)
        headers = {"location": "/v1/reports/a", "server": "secret", "set-cookie": "a=b"}
        return httpx.Response(202, stream=Whole(), headers=headers)

    headers = {"x-navigator-partner": "oslo", "cookie": "a=b", "accept": "text/plain"}
    answer = asyncio.run(
        request(
            gateway(behind), "POST", "/v1/reports?a=b%20c&a=d+e", content=b"body", headers=headers
        )
    )
    assert (answer.status_code, answer.content) == (202, b"done")
    assert answer.headers["location"] == "/v1/reports/a"
    assert not {"server", "set-cookie"} & set(answer.headers)
    (onward,) = seen
    assert onward.url.raw_path == b"/v1/reports?a=b%20c&a=d+e"
    assert onward.content == b"body"
    assert onward.headers["x-navigator-partner"] == "umea"
    assert onward.headers["accept"] == "text/plain"
    assert "cookie" not in onward.headers


def test_keys_and_conditions_go_through_and_tags_and_links_come_back() -> None:
    asked = {"idempotency-key": "k", "if-match": '"1.a"', "if-none-match": "*"}
    told = {
        "etag": '"2.b"',
        "link": '</v1/reports?cursor=x>; rel="next"',
        "content-location": "/v1/reports/a",
        "cache-control": "private, no-cache",
        "idempotent-replayed": "true",
    }

    async def behind(onward: httpx.Request) -> httpx.Response:
        assert asked.items() <= dict(onward.headers).items()
        return httpx.Response(200, stream=Whole(), headers=told)

    answer = asyncio.run(request(gateway(behind), "GET", "/v1/reports", headers=asked))
    assert told.items() <= dict(answer.headers).items()


@pytest.mark.parametrize(
    "sent", [b"/v1/named/a%2Fb%3F%252F%0A", b"/v1/named/%2e%2e", b"/v1/named//"]
)
def test_a_path_goes_on_as_it_was_sent(sent: bytes) -> None:
    seen: list[bytes] = []

    async def behind(onward: httpx.Request) -> httpx.Response:
        seen.append(onward.url.raw_path)
        return httpx.Response(200, stream=Whole())

    scope = {"method": "GET", "path": unquote(sent.decode()), "raw_path": sent}
    asyncio.run(call(gateway(behind), [], stays=True, **scope))
    assert seen == [sent]


def test_a_path_that_leads_elsewhere_is_refused() -> None:
    def behind(_onward: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing goes on")

    path = "/v1/named/../../internal/counts"
    scope = {"method": "GET", "path": path, "raw_path": path.encode()}
    sent = asyncio.run(call(gateway(behind), [], stays=True, **scope))
    assert sent[0]["status"] == 422


def test_the_client_s_timeouts_hold() -> None:
    async def behind(onward: httpx.Request) -> httpx.Response:
        assert onward.extensions["timeout"] == httpx.Timeout(5.0).as_dict()
        return httpx.Response(200, stream=Whole())

    assert asyncio.run(request(gateway(behind), "GET", "/v1/reports")).status_code == 200
    assert asyncio.run(request(gateway(behind), "GET", "/v1/events")).status_code == 200


def test_headers_in_no_known_character_set_go_through_both_ways() -> None:
    odd = "blå".encode("latin-1") + "ą".encode()

    async def behind(onward: httpx.Request) -> httpx.Response:
        assert dict(onward.headers.raw)[b"content-type"] == odd
        return httpx.Response(200, stream=Whole(), headers=[(b"Content-Disposition", odd)])

    async def ask() -> list[tuple[bytes, bytes]]:
        headers = [(b"content-type", odd)]
        answer = await request(
            gateway(behind), "POST", "/v1/reports", content=b"x", headers=headers
        )
        assert answer.status_code == 200
        return answer.headers.raw

    assert (b"content-disposition", odd) in asyncio.run(ask())


@pytest.mark.parametrize("query", [b"a=" + b'"' * 30_000, b"a=\xff"])
def test_a_query_that_cannot_go_on_is_refused(query: bytes) -> None:
    def behind(_onward: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing goes on")

    scope = {"method": "GET", "path": "/v1/reports", "query_string": query}
    sent = asyncio.run(call(gateway(behind), [], stays=True, **scope))
    assert sent[0]["status"] == 422


@pytest.mark.parametrize("error", [httpx.ReadError, httpx.WriteError, httpx.PoolTimeout])
def test_a_service_that_breaks_off_while_it_is_told_is_unavailable(
    error: type[httpx.TransportError],
) -> None:
    async def behind(onward: httpx.Request) -> httpx.Response:
        await onward.aread()
        raise error("reset", request=onward)

    answer = asyncio.run(request(gateway(behind), "POST", "/v1/reports", content=b"x" * 500))
    assert answer.status_code == 503
    assert answer.json()["retryable"] is True
    assert "ingest" in answer.json()["detail"]


def test_a_caller_that_goes_away_while_she_sends_ends_quietly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def behind(onward: httpx.Request) -> httpx.Response:
        await onward.aread()
        raise AssertionError("the body never comes")

    part = {"type": "http.request", "body": b"{", "more_body": True}
    headers = [(b"transfer-encoding", b"chunked")]
    with caplog.at_level(logging.INFO):
        sent = asyncio.run(call(gateway(behind), [part], path="/v1/reports", headers=headers))
    assert sent[0]["status"] == 499
    assert caplog.text == ""


def test_an_answer_that_breaks_off_stays_unfinished(caplog: pytest.LogCaptureFixture) -> None:
    body = Breaks()

    async def behind(_onward: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=body)

    sent = asyncio.run(call(gateway(behind), [], stays=True, method="GET", path="/v1/reports"))
    assert [message.get("body") for message in sent] == [None, b"half of "]
    assert body.closed
    assert "an answer broke off" in caplog.text
    assert "Traceback" not in caplog.text


def test_more_followers_than_there_is_room_for_are_told_to_come_back() -> None:
    async def watch() -> None:
        arrived, end = asyncio.Semaphore(0), asyncio.Event()

        async def behind(_onward: httpx.Request) -> httpx.Response:
            arrived.release()
            await end.wait()
            return httpx.Response(200, stream=Whole())

        app = gateway(behind, most=2)
        async with asyncio.timeout(10):
            following = [asyncio.create_task(request(app, "GET", "/v1/events")) for _ in range(2)]
            await arrived.acquire()
            await arrived.acquire()
            refused = await request(app, "GET", "/v1/events")
            assert refused.status_code == 429
            assert refused.headers["retry-after"] == "10"
            end.set()
            assert {answer.status_code for answer in await asyncio.gather(*following)} == {200}
            assert (await request(app, "GET", "/v1/events")).status_code == 200

    asyncio.run(watch())


@pytest.mark.parametrize("trouble", ["before", "during"])
def test_a_follower_whose_stream_breaks_makes_room_again(trouble: str) -> None:
    async def behind(onward: httpx.Request) -> httpx.Response:
        if trouble == "before":
            raise httpx.ConnectError("refused", request=onward)
        return httpx.Response(200, stream=Breaks())

    async def follow_often() -> set[int]:
        app = gateway(behind, most=1)
        answers = [
            await call(app, [], stays=True, method="GET", path="/v1/events") for _ in range(3)
        ]
        return {answer[0]["status"] for answer in answers}

    assert asyncio.run(follow_often()) == ({503} if trouble == "before" else {200})


@pytest.mark.parametrize("tell_address", [True, False])
def test_the_callers_address_is_told_where_it_is_needed_and_never_taken_from_the_caller(
    *, tell_address: bool
) -> None:
    seen: list[httpx.Request] = []

    def behind(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        return httpx.Response(202, stream=Whole())

    client = httpx.AsyncClient(transport=httpx.MockTransport(behind), base_url="http://behind")
    forwarder = Forwarder("recommend", client, "umea", tell_address=tell_address)
    app = an_app(a_telemetry())

    @app.post("/v1/feedback")
    async def forward(request: Request) -> Response:
        return await forwarder.forward(request)

    claimed = {"x-navigator-client-address": "203.0.113.9", "x-navigator-tenant": "oulu"}
    asyncio.run(request(app, "POST", "/v1/feedback", headers=claimed))
    told = seen[0].headers.get_list("x-navigator-client-address")
    assert told == (["127.0.0.1"] if tell_address else [])
    assert "x-navigator-tenant" not in seen[0].headers
