"""Passing a request on to a service behind, and its answer back, without holding either whole."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

import httpx
from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from libs.errors import InvalidInput, Overloaded
from libs.events.headers import CLIENT_ADDRESS
from libs.runtime.paths import raw_path
from libs.runtime.peers import answered

log = logging.getLogger(__name__)

Header = tuple[bytes, bytes]

# Only what the services understand goes through; who is asking is the gateway's word alone.
_REQUEST_HEADERS: Final = frozenset(
    {
        b"content-type",
        b"content-length",
        b"accept",
        b"accept-language",
        b"idempotency-key",
        b"if-match",
        b"if-none-match",
        b"last-event-id",
    }
)
_RESPONSE_HEADERS: Final = frozenset(
    {
        b"cache-control",
        b"content-type",
        b"content-length",
        b"content-disposition",
        b"content-location",
        b"content-security-policy",
        b"etag",
        b"idempotent-replayed",
        b"link",
        b"location",
        b"retry-after",
        b"x-content-type-options",
    }
)
_FOLLOW_AGAIN_S: Final = 10.0


class Forwarder:
    """Forwards to one service with the partner's name on each request.

    With `tell_address` also with the address that it came from, for what needs to know it.
    """

    def __init__(
        self,
        service: str,
        client: httpx.AsyncClient,
        partner: str,
        *,
        tell_address: bool = False,
    ) -> None:
        self._service = service
        self._client = client
        self._partner = partner.encode()
        self._tell_address = tell_address

    async def forward(self, request: Request, ended: Callable[[], None] = lambda: None) -> Response:
        """The service's answer to the same method, path and query.

        `ended` is called once when the last of it is sent or nobody waits for it any more.
        Raises Unavailable when the service does not answer, InvalidInput for a query that is
        none.
        """
        onward = self._onward(request)
        with answered(self._service):
            answer = await self._client.send(onward, stream=True)
        return _PassedOn(self._service, answer, ended)

    def _onward(self, request: Request) -> httpx.Request:
        # The client's own timeouts hold for event streams too: ingest sends at least a comment
        # every 15 s.
        try:
            return self._client.build_request(
                request.method,
                self._address(request),
                headers=[*request_headers(request), *self._caller(request)],
                content=request.stream() if _has_body(request) else None,
            )
        except (httpx.InvalidURL, UnicodeDecodeError) as error:
            raise InvalidInput(
                "The query of this address is too long, or not ASCII. Shorten it, and write other "
                "characters as %XX."
            ) from error

    def _caller(self, request: Request) -> Iterator[Header]:
        yield b"x-navigator-partner", self._partner
        if self._tell_address:
            yield CLIENT_ADDRESS.encode(), client_address(request).encode()

    def _address(self, request: Request) -> httpx.URL:
        # The path as it was sent: decoded, an id's `?` or `%2F` would become something else.
        path, query = raw_path(request.scope), request.scope["query_string"]
        return httpx.URL("/").copy_with(raw_path=path).copy_with(query=query or None)


class Followers:
    """Follows event streams, so many at once and no more: each holds a connection for minutes."""

    def __init__(self, forwarder: Forwarder, most: int) -> None:
        self._forwarder = forwarder
        self._most = most
        self._now = 0

    async def follow(self, request: Request) -> Response:
        """The stream. Raises Overloaded when there are too many, Unavailable as Forwarder does."""
        if self._now >= self._most:
            raise Overloaded(
                f"{self._most} reports are being followed already. Try again in a moment, or ask "
                "for the report itself: its status stands there too.",
                retry_after=_FOLLOW_AGAIN_S,
            )
        self._now += 1
        try:
            return await self._forwarder.forward(request, self._one_less)
        except BaseException:
            self._one_less()
            raise

    def _one_less(self) -> None:
        self._now -= 1


class _PassedOn(StreamingResponse):
    """The answer of a service behind, piece by piece as it comes."""

    def __init__(self, service: str, answer: httpx.Response, ended: Callable[[], None]) -> None:
        super().__init__(answer.aiter_raw(), answer.status_code)
        self.raw_headers = answer_headers(answer.headers.raw)
        self._service = service
        self._answer = answer
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and let go of the connection however that ends."""
        try:
            await super().__call__(scope, receive, send)
        except httpx.HTTPError as error:
            # Its head is sent, so no problem can be told any more: that the answer breaks off
            # before its end is what tells the caller, and the server takes care of that.
            extra = {"behind": self._service, "error": type(error).__name__}
            log.warning("an answer broke off", extra=extra)
        finally:
            self._ended()
            await self._answer.aclose()


def client_address(request: Request) -> str:
    """Where a request came from, as far as the server knows; empty where it does not."""
    return request.client.host if request.client else ""


def request_headers(request: Request) -> list[Header]:
    """Of a request's headers those that go on to a service, names in lower case."""
    headers = _chosen(request.headers.raw, _REQUEST_HEADERS)
    if "transfer-encoding" not in request.headers:
        return headers
    # RFC 9112, 6.3: with both the announced size does not count.
    return [header for header in headers if header[0] != b"content-length"]


def answer_headers(headers: Iterable[Header]) -> list[Header]:
    """Of a service's headers those that go back to the caller, names in lower case."""
    return _chosen(headers, _RESPONSE_HEADERS)


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _chosen(headers: Iterable[Header], names: Collection[bytes]) -> list[Header]:
    # As bytes, for a header may hold what no character set agrees on.
    lowered = ((name.lower(), value) for name, value in headers)
    return [header for header in lowered if header[0] in names]
