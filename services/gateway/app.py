"""The gateway, wired: the only place where its parts meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from fastapi import FastAPI

from libs.runtime.http import new_app, serve_operations
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.runtime.settings import SERVICE_NAMES, ServiceName
from services.gateway.api import routes, status_routes
from services.gateway.backend import HttpBackend
from services.gateway.docs_page import serve_docs
from services.gateway.forwarding import Forwarder
from services.gateway.openapi import with_passed_on_models
from services.gateway.pages import pages
from services.gateway.rendering import static_files
from services.gateway.settings import GatewaySettings

NAME: Final = "gateway"
BEHIND: tuple[ServiceName, ...] = tuple(name for name in SERVICE_NAMES if name != NAME)


def build(settings: GatewaySettings, platform: Platform) -> Service:
    """The service. It starts without the others and says what is missing."""
    return Service(name=NAME, app=new_gateway_app(settings, platform))


def new_gateway_app(settings: GatewaySettings, platform: Platform) -> FastAPI:
    """The app, of which the public OpenAPI document is made."""
    telemetry = platform.telemetry(NAME)
    clients: dict[str, httpx.AsyncClient] = {
        name: platform.async_http(NAME, name) for name in BEHIND
    }
    backend = HttpBackend(clients, telemetry.ring)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        for client in clients.values():
            await client.aclose()

    app = new_app(
        title="Social Innovation Navigator",
        description="Finished social-innovation projects around the Baltic Sea: hand over "
        "reports, describe a challenge, get the methods that worked elsewhere with evidence.",
        max_body_bytes=platform.settings.max_body_bytes,
        telemetry=telemetry,
        lifespan=lifespan,
    )
    app.include_router(
        routes(
            Forwarder("ingest", clients["ingest"], settings.partner),
            Forwarder("recommend", clients["recommend"], settings.partner),
        )
    )
    app.include_router(status_routes(clients))
    app.include_router(pages(backend))
    app.mount("/static", static_files(), name="static")
    serve_docs(app)
    app.openapi = with_passed_on_models(app)  # type: ignore[method-assign]  # FastAPI's own way
    serve_operations(app, telemetry, {})
    return app
