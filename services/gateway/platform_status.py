"""How the whole platform is: every service asked, and what none of them can tell said so."""

from collections.abc import Mapping

import httpx
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from pydantic import BaseModel, ConfigDict

TIMEOUT_S = 3.0


class ServiceStatus(BaseModel):
    """One service: ready or not, and its dependencies by name (`ok`, or what is wrong)."""

    model_config = ConfigDict(frozen=True)

    ready: bool
    dependencies: dict[str, str]


class PlatformStatus(BaseModel):
    """All services, and the number of reports by status (None when ingest does not answer)."""

    model_config = ConfigDict(frozen=True)

    ready: bool
    services: dict[str, ServiceStatus]
    reports: dict[str, int] | None


async def read_status(clients: Mapping[str, httpx.AsyncClient]) -> PlatformStatus:
    """Ask every service once."""
    with suppress_http_instrumentation():
        services = {name: await _service_status(client) for name, client in clients.items()}
        counts = await _counts(clients["ingest"])
    ready = all(service.ready for service in services.values())
    return PlatformStatus(ready=ready, services=services, reports=counts)


async def _service_status(client: httpx.AsyncClient) -> ServiceStatus:
    try:
        answer = await client.get("/readyz", timeout=TIMEOUT_S)
        dependencies = answer.json()["dependencies"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return ServiceStatus(ready=False, dependencies={"service": type(error).__name__})
    return ServiceStatus(ready=answer.is_success, dependencies=dependencies)


async def _counts(client: httpx.AsyncClient) -> dict[str, int] | None:
    try:
        answer = await client.get("/internal/counts", timeout=TIMEOUT_S)
        answer.raise_for_status()
    except httpx.HTTPError:
        return None
    counts: dict[str, int] = answer.json()
    return counts
