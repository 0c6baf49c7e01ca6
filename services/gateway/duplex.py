"""Passing on a request whose answer begins before its end, both ways at once.

httpx sends a whole request before it reads the answer: with a long stream of reports each side
would in the end wait for the other to read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import h11
from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from libs.errors import InvalidInput, Unavailable
from libs.telemetry.propagation import with_current_trace
from services.gateway.forwarding import answer_headers, request_headers

log = logging.getLogger(__name__)

CONNECT_S: Final = 2.0
IDLE_S: Final = 120.0
_CHUNK: Final = 65_536


class DuplexForwarder:
    """Forwards to one service with the partner's name on each request, a connection for each.

    A stream in which nothing moves for `idle_s` seconds is broken off.
    """

    def __init__(self, service: str, url: str, partner: str, *, idle_s: float = IDLE_S) -> None:
        self._service = service
        self._url = urlsplit(url)
        self._partner = partner.encode()
        self._idle_s = idle_s

    async def forward(self, request: Request) -> Response:
        """The service's answer, whose body comes while the request's goes.

        Raises Unavailable when the service does not answer, InvalidInput for headers that are
        none.
        """
        head = self._head(request)
        exchange = await self._connected()
        try:
            exchange.begin(head, request.stream())
            answer = await exchange.head(self._idle_s)
        except BaseException:
            exchange.close()
            raise
        return _Duplex(self._service, exchange, answer, self._idle_s)

    def _head(self, request: Request) -> h11.Request:
        headers = [
            (b"host", self._url.netloc.encode()),
            (b"connection", b"close"),
            (b"x-navigator-partner", self._partner),
            *((name.encode(), value) for name, value in with_current_trace(())),
            *request_headers(request),
        ]
        if not any(name == b"content-length" for name, _ in headers):
            headers.append((b"transfer-encoding", b"chunked"))
        query = request.scope["query_string"]
        target = request.url.path.encode() + (b"?" + query if query else b"")
        try:
            return h11.Request(method=request.method, target=target, headers=headers)
        except h11.LocalProtocolError as error:
            raise InvalidInput(f"The request's head cannot be passed on: {error}.") from error

    async def _connected(self) -> "_Exchange":
        https = self._url.scheme == "https"
        port = self._url.port or (443 if https else 80)
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(
                    self._url.hostname, port, ssl=https or None
                )
        except (OSError, TimeoutError) as error:
            raise _unavailable(self._service) from error
        return _Exchange(self._service, reader, writer)


class _Exchange:
    """One request and its answer on a connection of their own."""

    def __init__(
        self, service: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._service = service
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT)
        self._sending: asyncio.Task[None] | None = None
        self._moved = asyncio.get_running_loop().time()
        self.ended_by: Exception | None = None

    def begin(self, head: h11.Request, body: AsyncIterator[bytes]) -> None:
        """Send the head, and the body from now on."""
        self._writer.write(self._protocol.send(head) or b"")
        self._sending = asyncio.create_task(self._send(body))

    async def head(self, idle_s: float) -> h11.Response:
        """The answer's head. Raises Unavailable."""
        try:
            while True:
                event = await self._next(idle_s)
                if isinstance(event, h11.Response):
                    return event
                if not isinstance(event, h11.InformationalResponse):
                    raise _unavailable(self._service)
        except (OSError, TimeoutError, h11.RemoteProtocolError) as error:
            raise self.ended_by or _unavailable(self._service) from error

    async def pieces(self, idle_s: float) -> AsyncIterator[bytes]:
        """The answer's body. Raises OSError, TimeoutError and h11's errors where it breaks off."""
        while not isinstance(event := await self._next(idle_s), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    def close(self) -> None:
        """Let go of the connection, and of what is still being sent."""
        if self._sending is not None:
            self._sending.cancel()
        self._writer.transport.abort()

    async def _send(self, body: AsyncIterator[bytes]) -> None:
        try:
            async for piece in body:
                if piece:
                    await self._write(h11.Data(data=piece))
            await self._write(h11.EndOfMessage())
        except (ClientDisconnect, HTTPException) as error:
            # The caller left, or sent too much: the service learns in the same way as we did that
            # nothing more comes, and that this was no end.
            self.ended_by = error
            self._writer.transport.abort()
        except (OSError, h11.LocalProtocolError):
            # The service has said all it had to say, or is gone: what is read tells which.
            return

    async def _write(self, event: h11.Data | h11.EndOfMessage) -> None:
        self._writer.write(self._protocol.send(event) or b"")
        await self._writer.drain()
        self._moved = asyncio.get_running_loop().time()

    async def _next(self, idle_s: float) -> object:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._read(idle_s))
        if isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError
        return event

    async def _read(self, idle_s: float) -> bytes:
        reading = asyncio.ensure_future(self._reader.read(_CHUNK))
        try:
            while True:
                quiet_since = self._moved
                done, _ = await asyncio.wait({reading}, timeout=idle_s)
                if done:
                    self._moved = asyncio.get_running_loop().time()
                    return reading.result()
                # While the request goes on, an answer may well be long in coming.
                if self._moved == quiet_since:
                    raise TimeoutError
        finally:
            reading.cancel()


class _Duplex(Response):
    def __init__(
        self, service: str, exchange: _Exchange, answer: h11.Response, idle_s: float
    ) -> None:
        super().__init__(status_code=answer.status_code)
        self.raw_headers = answer_headers(answer.headers)
        self._service = service
        self._exchange = exchange
        self._idle_s = idle_s

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send what comes, and let go of the connection however that ends."""
        start = {"type": "http.response.start", "status": self.status_code}
        try:
            await send(start | {"headers": self.raw_headers})
            async for piece in self._exchange.pieces(self._idle_s):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (OSError, TimeoutError, h11.RemoteProtocolError) as error:
            # Its head is sent: as with every other answer, that it breaks off is what tells.
            if self._exchange.ended_by is None:
                extra = {"behind": self._service, "error": type(error).__name__}
                log.warning("an answer broke off", extra=extra)
        finally:
            self._exchange.close()


def _unavailable(service: str) -> Unavailable:
    return Unavailable(f"The service {service} does not answer. Try again in a moment.")
