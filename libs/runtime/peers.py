"""Asking another service over HTTP, with its failures turned into ours."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx
from opentelemetry.instrumentation.utils import suppress_http_instrumentation

from libs.errors import BY_STATUS, NavigatorError, Unavailable
from libs.runtime.service import Check

CHECK_TIMEOUT_S = 2.0


@contextmanager
def answered(service: str) -> Iterator[None]:
    """Within it, httpx's errors become ours: by the answer's status, Unavailable without one."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        raise error_of(service, error.response) from error
    except httpx.HTTPError as error:
        raise Unavailable(
            f"The service {service} does not answer ({type(error).__name__}). "
            "Try again in a moment."
        ) from error


def error_of(service: str, response: httpx.Response) -> NavigatorError:
    """The error that another service's answer means, with its own words if it has any."""
    try:
        detail = str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The service {service} answered {response.status_code}."
    return BY_STATUS.get(response.status_code, Unavailable)(detail)


def peer_check(client: httpx.Client, service: str) -> Check:
    """A readiness check that asks whether the other service is alive."""

    def check() -> str | None:
        try:
            with answered(service), suppress_http_instrumentation():
                client.get("/healthz", timeout=CHECK_TIMEOUT_S).raise_for_status()
        except NavigatorError as error:
            return error.detail
        return None

    return check


def async_peer_check(
    client: httpx.AsyncClient, service: str
) -> Callable[[], Awaitable[str | None]]:
    """The same for a service that asks from its event loop."""

    async def check() -> str | None:
        try:
            with answered(service), suppress_http_instrumentation():
                answer = await client.get("/healthz", timeout=CHECK_TIMEOUT_S)
                answer.raise_for_status()
        except NavigatorError as error:
            return error.detail
        return None

    return check
