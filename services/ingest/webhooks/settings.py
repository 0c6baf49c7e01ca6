"""What can be set about webhooks."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode


def _numbers(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


class WebhookSettings(BaseSettings):
    """Part of ingest's settings."""

    webhook_allow_loopback: Annotated[
        bool,
        Field(description="Let webhooks go to this machine, by plain HTTP too: for development."),
    ] = False
    webhook_ports: Annotated[
        tuple[Annotated[int, Field(ge=1, le=65_535)], ...],
        NoDecode,
        BeforeValidator(_numbers),
        Field(min_length=1, description="Ports that webhooks may go to, with commas between."),
    ] = (443, 8443)
    webhook_limit: Annotated[
        int, Field(ge=1, le=1_000, description="Webhooks of one partner, at most.")
    ] = 20
    webhook_timeout_s: Annotated[
        float, Field(gt=0, le=60, description="Seconds that a webhook has to answer, in all.")
    ] = 15.0
    webhook_senders: Annotated[
        int, Field(ge=2, le=100, description="Webhooks that are sent to at once, at most.")
    ] = 8
    webhook_overlap_s: Annotated[
        float, Field(ge=0, description="Seconds that a replaced secret signs beside the new one.")
    ] = 86_400.0
    webhook_disable_after_s: Annotated[
        float, Field(gt=0, description="Seconds of nothing but failures that disable a webhook.")
    ] = 5 * 86_400.0
    webhook_keep_s: Annotated[
        float, Field(gt=0, description="Seconds that deliveries are kept, to be looked at.")
    ] = 30 * 86_400.0
