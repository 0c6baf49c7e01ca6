"""Asking another service over HTTP, with its failures turned into ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import httpx
from opentelemetry.instrumentation.utils import suppress_http_instrumentation

from libs.errors import Gone, InvalidInput, NavigatorError, NotFound, Overloaded, Unavailable

CHECK_TIMEOUT_S = 2.0

_BY_STATUS: dict[int, type[NavigatorError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: Gone,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidInput,
}


@contextmanager
def answered(service: str) -> Iterator[None]:
    """Within it, httpx's errors become NotFound, Gone, InvalidInput, Overloaded or Unavailable."""
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
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return Overloaded(detail)
    return _BY_STATUS.get(response.status_code, Unavailable)(detail)


def peer_check(client: httpx.Client, service: str) -> Callable[[], str | None]:
    """A readiness check that asks whether the other service is alive."""

    def check() -> str | None:
        try:
            with answered(service), suppress_http_instrumentation():
                client.get("/healthz", timeout=CHECK_TIMEOUT_S).raise_for_status()
        except NavigatorError as error:
            return error.detail
        return None

    return check
