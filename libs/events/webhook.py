"""Webhooks: what a partner registers, what it is told of that, and what is sent to it.

The headers and the signature are those of https://www.standardwebhooks.com.
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from libs.events.report import Line, Rejection, ReportStatus, Strict

TEST_TYPE = "webhook.test"


def _each_once(statuses: tuple[ReportStatus, ...]) -> tuple[ReportStatus, ...]:
    if not statuses:
        msg = "name at least one status"
        raise ValueError(msg)
    return tuple(dict.fromkeys(statuses))


WebhookUrl = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
WantedStatuses = Annotated[
    tuple[ReportStatus, ...],
    # Not `min_length`, which would count a wrong status as one that is missing too.
    Field(max_length=50, json_schema_extra={"minItems": 1}),
    AfterValidator(_each_once),
]


class WebhookRegistration(Strict):
    """An address to be told at when one of the partner's reports comes to one of `events`."""

    url: WebhookUrl
    events: WantedStatuses = tuple(ReportStatus)
    description: Line | None = None


class WebhookChange(Strict):
    """What shall be otherwise; what is left out, or null, stays as it is."""

    url: WebhookUrl | None = None
    events: WantedStatuses | None = None
    description: Line | None = None
    enabled: Annotated[
        bool | None, Field(description="False pauses the webhook; true takes it up again.")
    ] = None


class Disabled(Strict):
    """Why nothing is sent: it answered 410, failed for days, or was paused by its partner."""

    code: Literal["gone", "failing", "paused"]
    reason: str
    at: dt.datetime


class Webhook(Strict):
    """A registered webhook. Its secret is shown once, at registration or rotation."""

    id: str
    url: str
    events: tuple[ReportStatus, ...]
    description: str | None
    created_at: dt.datetime
    enabled: bool
    disabled: Disabled | None = None
    failing_since: Annotated[
        dt.datetime | None, Field(description="The first failure since the last success.")
    ] = None
    previous_secret_until: Annotated[
        dt.datetime | None, Field(description="Until then the secret before this one signs too.")
    ] = None


class NewWebhook(Webhook):
    """A webhook just registered, with its secret: keep it, it is not shown again."""

    secret: str


class WebhookList(Strict):
    """All webhooks of a partner, oldest first."""

    items: tuple[Webhook, ...]


class WebhookSecret(Strict):
    """A new secret; the one before it signs as well until `previous_until`."""

    secret: str
    previous_until: dt.datetime


class Attempt(Strict):
    """What came back when a test message was sent. `error` says what did where no answer came."""

    delivered: bool
    response_code: int | None
    error: str | None
    duration_ms: int


class Delivery(Strict):
    """One message to one webhook, and how far it got. `id` is its `webhook-id` header.

    `waiting` has an attempt to come, at `next_attempt_at`; `failed` has had all of them. Where
    no answer came at the last attempt, `error` says what did.
    """

    id: str
    type: str
    report_id: str
    seq: int
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    created_at: dt.datetime
    last_attempt_at: dt.datetime | None
    response_code: int | None
    error: str | None
    next_attempt_at: dt.datetime | None


class DeliveryPage(Strict):
    """Deliveries, newest first; `next` is the cursor of the page behind it."""

    items: tuple[Delivery, ...]
    next: str | None


class StatusChange(Strict):
    """What happened to a report; `seq` counts the steps of one report from 1, over versions."""

    report_id: str
    external_id: str | None = None
    version: int
    seq: int
    status: ReportStatus
    passages: int | None = None
    rejection: Rejection | None = None
    links: dict[str, str]
    trace_id: str | None = None


class StatusMessage(Strict):
    """The body of a webhook message: `type` is `report.` and the status."""

    type: str
    timestamp: dt.datetime
    data: StatusChange
