"""Passing a request on to a service behind, and its answer back, without holding either whole."""

from collections.abc import AsyncIterator, Mapping

import httpx
from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from libs.errors import Unavailable

# Only what the services understand goes through; who is asking is the gateway's word alone.
_REQUEST_HEADERS = ("content-type", "content-length", "accept", "accept-language", "last-event-id")
_RESPONSE_HEADERS = (
    "content-type",
    "content-length",
    "content-disposition",
    "content-security-policy",
    "location",
    "retry-after",
    "x-content-type-options",
)
_STREAMED = httpx.Timeout(30.0, connect=2.0, read=None)


class Forwarder:
    """Forwards to one service with the partner's name on each request."""

    def __init__(self, service: str, client: httpx.AsyncClient, partner: str) -> None:
        self._service = service
        self._client = client
        self._partner = partner

    async def forward(self, request: Request) -> Response:
        """The service's answer to the same method, path and query.

        Raises Unavailable when the service does not answer.
        """
        headers = _chosen(request.headers, _REQUEST_HEADERS)
        body = request.stream() if _has_body(request) else None
        onward = self._client.build_request(
            request.method,
            request.url.path,
            params=httpx.QueryParams(request.url.query),
            headers=headers | {"x-navigator-partner": self._partner},
            content=body,
            timeout=_STREAMED if request.url.path.endswith("/events") else None,
        )
        try:
            answer = await self._client.send(onward, stream=True)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The service {self._service} does not answer ({type(error).__name__}). "
                "Try again in a moment."
            ) from error
        return StreamingResponse(
            _stream(answer),
            status_code=answer.status_code,
            headers=_chosen(answer.headers, _RESPONSE_HEADERS),
        )


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _chosen(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}


async def _stream(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()
