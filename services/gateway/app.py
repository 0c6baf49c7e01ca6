"""The gateway, wired: the only place where its parts meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from fastapi import FastAPI

from libs.runtime.http import new_app, serve_operations
from libs.runtime.peers import async_peer_check
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.runtime.settings import SERVICE_NAMES, ServiceName
from services.gateway.accounts import account_routes
from services.gateway.api import routes, status_routes
from services.gateway.backend import Backend, HttpBackend
from services.gateway.bulk_api import BULK_PATH, bulk_routes
from services.gateway.docs_page import serve_docs
from services.gateway.documents import document_routes
from services.gateway.duplex import DuplexForwarder
from services.gateway.error_pages import serve_error_pages
from services.gateway.feedback_api import feedback_routes
from services.gateway.feedback_page import feedback_page
from services.gateway.forwarding import Followers, Forwarder
from services.gateway.openapi import with_passed_on_models
from services.gateway.pages import pages
from services.gateway.places_api import places_routes
from services.gateway.rendering import Site, static_files
from services.gateway.search_api import search_routes
from services.gateway.settings import GatewaySettings
from services.gateway.webhook_routes import document_messages, webhook_routes

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
    # Open event streams must not take the connections that reports come in by.
    streams = platform.async_http(NAME, "ingest", max_connections=settings.max_followers)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # Not as a Service's closers: those run when the loop is gone, and these belong to it.
        yield
        for client in (*clients.values(), streams):
            await client.aclose()

    app = new_app(
        title="Social Innovation Navigator",
        description="Finished social-innovation projects around the Baltic Sea: hand over "
        "reports, describe a challenge, get the methods that worked elsewhere with evidence.",
        max_body_bytes=platform.settings.max_body_bytes,
        streamed={BULK_PATH: None},
        telemetry=telemetry,
        lifespan=lifespan,
    )
    ingest = Forwarder("ingest", clients["ingest"], settings.partner)
    app.include_router(document_routes(ingest))
    recommend = Forwarder("recommend", clients["recommend"], settings.partner)
    app.include_router(
        routes(
            ingest,
            Followers(Forwarder("ingest", streams, settings.partner), settings.max_followers),
            recommend,
        )
    )
    app.include_router(search_routes(recommend))
    voters = Forwarder("recommend", clients["recommend"], settings.partner, tell_address=True)
    app.include_router(feedback_routes(voters))
    app.include_router(places_routes(recommend))
    app.include_router(account_routes(ingest))
    app.include_router(webhook_routes(ingest))
    document_messages(app)
    ingest_url = platform.settings.url_of("ingest")
    app.include_router(bulk_routes(DuplexForwarder("ingest", ingest_url, settings.partner)))
    app.include_router(status_routes(clients))
    _serve_pages(app, HttpBackend(clients, telemetry.ring))
    app.openapi = with_passed_on_models(app)  # type: ignore[method-assign]  # FastAPI's own way
    # It needs none of them to be of use: without recommend reports come in, and the reverse.
    told = {name: async_peer_check(client, name) for name, client in clients.items()}
    serve_operations(app, telemetry, {}, also=told, internal=False)
    return app


def _serve_pages(app: FastAPI, backend: Backend) -> None:
    site = Site()
    app.include_router(pages(site, backend))
    app.include_router(feedback_page(site, backend))
    app.mount("/static", static_files(), name="static")
    serve_docs(app)
    serve_error_pages(app, site)
