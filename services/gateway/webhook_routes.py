"""Webhooks in the public API: documented here, carried out by ingest."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Path, Query, Request, Response

from libs.events.webhook import (
    Attempt,
    Delivery,
    DeliveryPage,
    NewWebhook,
    StatusMessage,
    Webhook,
    WebhookList,
    WebhookSecret,
)
from services.gateway.forwarding import Forwarder
from services.gateway.openapi import json_body, problems

WebhookId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", description="From `Location`.")]
MessageId = Annotated[
    str, Path(pattern=r"^msg_[0-9a-f]{32}$", description="The message's `webhook-id`.")
]
TAGS: list[Any] = ["webhooks"]


def webhook_routes(ingest: Forwarder) -> APIRouter:
    """The routes of partners who want to be told."""
    router = APIRouter(prefix="/v1/webhooks", tags=TAGS)
    _add_registry(router, ingest)
    _add_one(router, ingest)
    _add_secret_and_test(router, ingest)
    _add_deliveries(router, ingest)
    return router


def document_messages(app: FastAPI) -> None:
    """Describe what is sent, in the part of the OpenAPI document that is for webhooks."""

    @app.webhooks.post("report-status", tags=TAGS, summary="A report has come to a status")
    def message(
        body: StatusMessage,
        webhook_id: Annotated[
            str, Header(alias="webhook-id", description="The same at each attempt.")
        ],
        webhook_timestamp: Annotated[
            str,
            Header(alias="webhook-timestamp", description="Of the attempt, seconds since 1970."),
        ],
        webhook_signature: Annotated[
            str,
            Header(alias="webhook-signature", description="`v1,` and base64 of HMAC-SHA256, …"),
        ],
    ) -> None:
        """Answer 2xx. Everything else is tried again, for three days; 410 ends it.

        Signed as https://www.standardwebhooks.com says.
        """


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    found = problems(*statuses)
    for status, described in found.items():
        if status == HTTPStatus.NOT_FOUND:
            described["description"] = "No such webhook, or none of yours"
    return found


def _add_registry(router: APIRouter, ingest: Forwarder) -> None:
    @router.post(
        "",
        summary="Be told when reports come to a status",
        status_code=201,
        response_model=NewWebhook,
        responses=_problems(409, 413, 422, 429, 503),
        openapi_extra=json_body("WebhookRegistration"),
    )
    async def register(request: Request) -> Response:
        """The answer shows the secret that messages are signed with. It is not shown again."""
        return await ingest.forward(request)

    @router.get(
        "",
        summary="Your webhooks",
        response_model=WebhookList,
        responses=_problems(422, 503),
    )
    async def all_of(request: Request) -> Response:
        return await ingest.forward(request)


# Each path's ids are documented here and read by ingest.
def _add_one(router: APIRouter, ingest: Forwarder) -> None:
    @router.get(
        "/{webhook_id}",
        summary="A webhook, and whether it works",
        response_model=Webhook,
        responses=_problems(404, 422, 503),
    )
    async def one(request: Request, webhook_id: WebhookId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)

    @router.patch(
        "/{webhook_id}",
        summary="Change, pause or take up again",
        response_model=Webhook,
        responses=_problems(404, 409, 413, 422, 429, 503),
        openapi_extra=json_body("WebhookChange"),
    )
    async def change(request: Request, webhook_id: WebhookId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)

    @router.delete(
        "/{webhook_id}",
        summary="Remove it with its deliveries",
        status_code=204,
        responses=_problems(404, 422, 503),
    )
    async def remove(request: Request, webhook_id: WebhookId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)


def _add_secret_and_test(router: APIRouter, ingest: Forwarder) -> None:
    @router.post(
        "/{webhook_id}/secret",
        summary="A new secret; the old one signs too for a day",
        response_model=WebhookSecret,
        responses=_problems(404, 422, 503),
    )
    async def rotate(request: Request, webhook_id: WebhookId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)

    @router.post(
        "/{webhook_id}/test",
        summary="Send a test message and see what came back",
        response_model=Attempt,
        responses=_problems(404, 422, 429, 503),
    )
    async def test(request: Request, webhook_id: WebhookId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)


def _add_deliveries(router: APIRouter, ingest: Forwarder) -> None:
    @router.get(
        "/{webhook_id}/deliveries",
        summary="The latest messages, and how far each got",
        response_model=DeliveryPage,
        responses=_problems(404, 422, 503),
    )
    async def deliveries(
        request: Request,
        webhook_id: WebhookId,  # noqa: ARG001
        cursor: Annotated[str | None, Query(max_length=100)] = None,  # noqa: ARG001
        limit: Annotated[int, Query(ge=1, le=200)] = 50,  # noqa: ARG001
    ) -> Response:
        """`next` of a page is the `cursor` of the one behind it."""
        return await ingest.forward(request)

    @router.post(
        "/{webhook_id}/deliveries/{message_id}/retry",
        summary="Send a message again now",
        status_code=202,
        response_model=Delivery,
        responses=_problems(404, 409, 422, 503),
    )
    async def retry(
        request: Request,
        webhook_id: WebhookId,  # noqa: ARG001
        message_id: MessageId,  # noqa: ARG001
    ) -> Response:
        return await ingest.forward(request)
