"""Ingest's own settings."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IngestSettings(BaseSettings):
    """Environment: `NAVIGATOR_INGEST_…`."""

    model_config = SettingsConfigDict(env_prefix="NAVIGATOR_INGEST_", frozen=True, extra="ignore")

    reconcile_every_s: Annotated[
        float, Field(gt=0, description="How often reports that got stuck are looked for.")
    ] = 15.0
    reconcile_after_s: Annotated[
        float,
        Field(gt=0, description="Age at which an unfinished report is sent again; doubles."),
    ] = 120.0
    deadline_s: Annotated[
        float,
        Field(gt=0, le=1e8, description="Age at which the account calls a report missing."),
    ] = 3_600.0
