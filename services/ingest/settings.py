"""Ingest's own settings."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.events.partner import REGION


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
    partners: Annotated[
        str,
        Field(
            pattern=rf"^({REGION}(,{REGION})*)?$",
            description="Regions whose partner topics are made here, by commas; any are read.",
        ),
    ] = ""
    partner_in_progress: Annotated[
        int,
        Field(
            ge=1, description="Reports of a partner on their way at once; others wait in its topic."
        ),
    ] = 50

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in `partners`."""
        return tuple(filter(None, self.partners.split(",")))
