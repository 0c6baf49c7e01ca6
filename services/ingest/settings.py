"""Ingest's own settings."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.ingest.webhooks.settings import WebhookSettings


class IngestSettings(WebhookSettings):
    """Environment: `NAVIGATOR_INGEST_…`."""

    model_config = SettingsConfigDict(env_prefix="NAVIGATOR_INGEST_", frozen=True, extra="ignore")

    reconcile_every_s: Annotated[
        float, Field(gt=0, description="How often reports that got stuck are looked for.")
    ] = 15.0
    reconcile_after_s: Annotated[
        float,
        Field(gt=0, description="Age at which an unfinished report is sent again; doubles."),
    ] = 120.0
