"""Webhooks over HTTP, for the partner of the request."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from libs.events.webhook import (
    Attempt,
    Delivery,
    DeliveryPage,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookList,
    WebhookRegistration,
    WebhookSecret,
)
from services.ingest.request_headers import Partner
from services.ingest.webhooks.endpoints import Endpoints
from services.ingest.webhooks.telling import read_page


def webhook_routes(endpoints: Endpoints) -> APIRouter:
    """The router. Its functions run in threads: some wait for another's server."""
    router = APIRouter(prefix="/v1/webhooks")
    _add_registry(router, endpoints)
    _add_secret_and_test(router, endpoints)
    _add_deliveries(router, endpoints)
    return router


def _add_registry(router: APIRouter, endpoints: Endpoints) -> None:
    @router.post("", status_code=201)
    def register(
        wanted: WebhookRegistration, response: Response, partner: Partner = "local"
    ) -> NewWebhook:
        made = endpoints.register(partner, wanted)
        response.headers["location"] = f"/v1/webhooks/{made.id}"
        return made

    @router.get("")
    def all_of(partner: Partner = "local") -> WebhookList:
        return endpoints.all_of(partner)

    @router.get("/{webhook_id}")
    def one(webhook_id: str, partner: Partner = "local") -> Webhook:
        return endpoints.one(partner, webhook_id)

    @router.patch("/{webhook_id}")
    def change(webhook_id: str, wanted: WebhookChange, partner: Partner = "local") -> Webhook:
        return endpoints.change(partner, webhook_id, wanted)

    @router.delete("/{webhook_id}", status_code=204)
    def remove(webhook_id: str, partner: Partner = "local") -> None:
        endpoints.remove(partner, webhook_id)


def _add_secret_and_test(router: APIRouter, endpoints: Endpoints) -> None:
    @router.post("/{webhook_id}/secret")
    def rotate(webhook_id: str, partner: Partner = "local") -> WebhookSecret:
        return endpoints.rotate(partner, webhook_id)

    @router.post("/{webhook_id}/test")
    def test(webhook_id: str, partner: Partner = "local") -> Attempt:
        return endpoints.test(partner, webhook_id)


def _add_deliveries(router: APIRouter, endpoints: Endpoints) -> None:
    @router.get("/{webhook_id}/deliveries")
    def deliveries(
        webhook_id: str,
        partner: Partner = "local",
        cursor: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> DeliveryPage:
        before = read_page(cursor) if cursor else None
        return endpoints.deliveries(partner, webhook_id, before=before, limit=limit)

    @router.post("/{webhook_id}/deliveries/{event_id}/retry", status_code=202)
    def retry(webhook_id: str, event_id: str, partner: Partner = "local") -> Delivery:
        return endpoints.retry(partner, webhook_id, event_id)
