"""A request and its answer passed on at once, among services that are slow, rude or away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from libs.runtime.http import new_app
from services.gateway.duplex import DuplexForwarder
from tests.unit.runtime.stage import a_telemetry

Behind = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
)
CHUNK = b"5\r\nhello\r\n"
END = b"0\r\n\r\n"
WITHIN_S = 30


@asynccontextmanager
async def behind(answer: Behind) -> AsyncIterator[str]:
    """A service that answers so; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def a_gateway(url: str, *, idle_s: float = 20.0) -> FastAPI:
    app = new_app(title="t", description="d", max_body_bytes=100_000, telemetry=a_telemetry())
    forwarder = DuplexForwarder("ingest", url, "umea", idle_s=idle_s)

    @app.post("/v1/bulk/reports")
    async def forward(request: Request) -> Response:
        return await forwarder.forward(request)

    return app


class Caller:
    """Sends what it is told to, and keeps what it is sent."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.ended = False
        self.news = asyncio.Condition()

    def sends(self, body: bytes = b"", *, more: bool = True) -> None:
        self._pieces.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leaves(self) -> None:
        self._pieces.put_nowait({"type": "http.disconnect"})

    async def reads(self, part: bytes) -> None:
        async with self.news:
            await self.news.wait_for(lambda: part in self.body)

    async def call(self, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http",
            "method": "POST",
            "path": "/v1/bulk/reports",
            "query_string": b"a=b",
            "headers": headers or [(b"content-type", b"application/x-ndjson")],
            "server": ("navigator", 80),
        }
        await self._app(scope, self._pieces.get, self._send)

    async def _send(self, message: dict[str, Any]) -> None:
        async with self.news:
            if message["type"] == "http.response.start":
                self.status, self.headers = message["status"], dict(message["headers"])
            else:
                self.body += message["body"]
                self.ended = not message.get("more_body", False)
            self.news.notify_all()


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, WITHIN_S))


def test_both_go_at_once_and_the_partner_is_the_gateway_s_word() -> None:
    seen = b""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen = await reader.readuntil(b"\r\n\r\n") + await reader.readuntil(b"one\r\n")
        writer.write(HEAD + CHUNK)
        seen += await reader.readuntil(b"two\r\n") + await reader.readuntil(END)
        writer.write(CHUNK.replace(b"hello", b"world") + END)
        await writer.drain()

    async def scene() -> None:
        async with behind(answer) as url:
            caller = Caller(a_gateway(url))
            caller.sends(b"one")
            forged = [(b"x-navigator-partner", b"oslo"), (b"cookie", b"a=b")]
            call = asyncio.create_task(caller.call(forged))
            await caller.reads(b"hello")
            caller.sends(b"two")
            caller.sends(more=False)
            await call
        assert (caller.status, caller.body, caller.ended) == (200, b"helloworld", True)
        assert caller.headers[b"content-type"] == b"application/x-ndjson"

    run(scene())
    assert seen.startswith(b"POST /v1/bulk/reports?a=b HTTP/1.1\r\n")
    assert b"x-navigator-partner: umea\r\n" in seen.lower()
    assert b"traceparent: 00-" in seen.lower()
    assert b"oslo" not in seen
    assert b"cookie" not in seen.lower()


def test_an_announced_size_is_kept() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 6\r\n" in head.lower()
        assert await reader.readexactly(6) == b"onetwo"
        writer.write(HEAD + CHUNK + END)
        await writer.drain()

    async def scene() -> None:
        async with behind(answer) as url:
            caller = Caller(a_gateway(url))
            caller.sends(b"one")
            caller.sends(b"two", more=False)
            await caller.call([(b"content-length", b"6")])
        assert caller.body == b"hello"

    run(scene())


def test_a_service_that_refuses_before_the_end_is_heard() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 429 No\r\nretry-after: 10\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        await reader.read()

    async def scene() -> None:
        async with behind(answer) as url:
            caller = Caller(a_gateway(url))
            caller.sends(b"one")
            await caller.call()
        assert (caller.status, caller.body) == (429, b"{}")
        assert caller.headers[b"retry-after"] == b"10"

    run(scene())


def test_a_caller_who_leaves_is_missed_by_the_service() -> None:
    missed = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + CHUNK)
        with contextlib.suppress(ConnectionError):
            rest = await reader.read()
            assert not rest.endswith(END)
        missed.set()

    async def scene() -> None:
        async with behind(answer) as url:
            caller = Caller(a_gateway(url))
            caller.sends(b"one")
            call = asyncio.create_task(caller.call())
            await caller.reads(b"hello")
            caller.leaves()
            await call
            await missed.wait()
        assert not caller.ended

    run(scene())


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["nothing", "nonsense", "half-a-head", "continue-only"],
)
def test_a_service_that_breaks_off_before_its_head_is_unavailable(said: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()

    async def scene() -> None:
        async with behind(answer) as url:
            caller = Caller(a_gateway(url))
            caller.sends(b"one")
            await caller.call()
        assert caller.status == 503
        assert b'"code": "unavailable"' in caller.body

    run(scene())


def test_an_answer_that_breaks_off_has_no_end() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + CHUNK)
        await writer.drain()

    async def scene() -> None:
        async with behind(answer) as url:
            caller = Caller(a_gateway(url))
            caller.sends(b"one")
            await caller.call()
        assert (caller.status, caller.body, caller.ended) == (200, b"hello", False)

    run(scene())


def test_nobody_there_and_nothing_moving_are_unavailable() -> None:
    async def answer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scene() -> None:
        nobody = Caller(a_gateway("http://127.0.0.1:9"))
        nobody.sends(b"one")
        await nobody.call()
        assert nobody.status == 503
        async with behind(answer) as url:
            caller = Caller(a_gateway(url, idle_s=0.2))
            caller.sends(b"one")
            await caller.call()
            assert caller.status == 503

    run(scene())


def test_a_body_over_the_limit_is_told_as_too_large() -> None:
    async def answer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scene() -> None:
        async with behind(answer) as url:
            caller = Caller(a_gateway(url))
            caller.sends(b"x" * 60_000)
            caller.sends(b"x" * 60_000)
            await caller.call()
        assert caller.status == 413

    run(scene())


def test_a_header_that_is_none_is_refused() -> None:
    async def scene() -> None:
        caller = Caller(a_gateway("http://127.0.0.1:9"))
        async with behind(lambda reader, _writer: reader.read()) as url:
            caller = Caller(a_gateway(url))
            await caller.call([(b"content-type", b"a\x00b")])
        assert caller.status == 422

    run(scene())
