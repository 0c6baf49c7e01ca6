"""One POST to a webhook: to a checked address, within a time for all of it, and no further.

It is httpcore, on which httpx stands, and not httpx: there a connection's address and its time
can be decided, and nothing follows redirects, reads proxies from the environment or decompresses.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpcore
import httpx

from services.ingest.webhooks.addresses import Destinations, Refused

# What an answer says is not looked at, but read so far, the connection can be used again.
MAX_ANSWER_BYTES: Final = 16_384
GONE: Final = 410
TIMEOUT: Final = "timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: the answer's status, or without one the kind of failure."""

    duration_s: float
    response_code: int | None = None
    error: str | None = None
    retry_after: str | None = None

    @property
    def delivered(self) -> bool:
        """True for a 2xx."""
        return self.response_code is not None and httpx.codes.is_success(self.response_code)


class Caller:
    """Calls one webhook, over one connection where its server keeps it open. Close it after use."""

    def __init__(
        self, destinations: Destinations, context: ssl.SSLContext, timeout_s: float
    ) -> None:
        self._destinations = destinations
        self._timeout_s = timeout_s
        self._backend = _CheckedBackend(destinations)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=1, network_backend=self._backend
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.close()

    def post(self, address: str, headers: Mapping[str, str], body: str) -> Outcome:
        """Send JSON. Never raises for what the other side, its name or its address does."""
        started = time.monotonic()
        self._backend.deadline = started + self._timeout_s
        try:
            code, retry_after = self._post(address, headers, body)
        except (Refused, httpcore.TimeoutException, httpcore.NetworkError, OSError) as error:
            return Outcome(time.monotonic() - started, error=_kind(error))
        except (httpcore.ProtocolError, ValueError):
            return Outcome(time.monotonic() - started, error="not-http")
        return Outcome(time.monotonic() - started, code, retry_after=retry_after)

    def _post(self, address: str, headers: Mapping[str, str], body: str) -> tuple[int, str | None]:
        # What is allowed may have changed since it was registered.
        url = self._destinations.checked(address)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        sent = {"host": url.netloc.decode("ascii"), "content-type": "application/json", **headers}
        content = body.encode()
        with self._pool.stream("POST", target, headers=list(sent.items()), content=content) as got:
            retry_after = dict(got.headers).get(b"retry-after")
            _drain(got.iter_stream())
            return got.status, retry_after.decode("latin-1") if retry_after else None


def _drain(parts: Iterable[bytes]) -> None:
    size = 0
    with _ignoring_trouble():
        for part in parts:
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                return


@contextmanager
def _ignoring_trouble() -> Iterator[None]:
    # The status is known; an answer that breaks off or never ends changes nothing about it.
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return


def _kind(error: Exception) -> str:
    match error:
        case Refused():
            return error.code
        case httpcore.TimeoutException():
            return TIMEOUT
        case _TlsFailed():
            return "tls-failed"
        case httpcore.ConnectError():
            return "connection-failed"
        case httpcore.NetworkError():
            return "connection-lost"
        case _:
            return "name-not-found"


class _TlsFailed(httpcore.ConnectError):
    """The connection stands, but who answers is not who it should be, or speaks no TLS."""


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only. `deadline` is for all that happens until it."""

    def __init__(self, destinations: Destinations) -> None:
        self.deadline = 0.0
        self._destinations = destinations
        self._sockets = httpcore.SyncBackend()

    def left(self) -> float:
        """Seconds until the deadline. Raises ReadTimeout behind it."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the webhook took too long")
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline decides
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that takes one.

        Each gets its share of the time, so that one that swallows everything, as IPv6 often
        does, leaves some to the next.
        """
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        found = self._destinations.addresses(host, port)
        for tried, address in enumerate(found):
            share = self.left() / (len(found) - tried)
            try:
                stream = self._sockets.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self)
        raise failure or httpcore.ConnectError("no address")


class _TimedStream(httpcore.NetworkStream):
    """A connection on which a byte now and then does not stretch the time."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _CheckedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """See httpcore."""
        return self._stream.read(max_bytes, self._backend.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """See httpcore."""
        self._stream.write(buffer, self._backend.left())

    def close(self) -> None:
        """See httpcore."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """See httpcore. The name is that of the address, so certificates are checked by it."""
        left = self._backend.left()
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, left)
        except httpcore.ConnectError as error:
            raise _TlsFailed(str(error)) from error
        return _TimedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._stream.get_extra_info(info)
