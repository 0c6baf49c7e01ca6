"""Ingest's own settings."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.events.partner import REGION
from services.ingest.parsing.limits import ParseLimits
from services.ingest.webhooks.settings import WebhookSettings

KEEP_ANSWERS_S = 86_400.0


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
    max_bulk: Annotated[
        int,
        Field(ge=1, le=32, description="Streams and tables of many reports at once, at most."),
    ] = 8
    deadline_s: Annotated[
        float,
        Field(gt=0, le=1e8, description="Age at which the account calls a report missing."),
    ] = 3_600.0
    keep_answers_s: Annotated[
        float,
        Field(gt=0, description="How long an answer is given again under its Idempotency-Key."),
    ] = KEEP_ANSWERS_S

    parse_wall_s: Annotated[
        float,
        Field(
            gt=0,
            description="Longest that one document may take; a report's share three times that.",
        ),
    ] = 180.0
    parse_cpu_s: Annotated[
        int, Field(ge=1, description="Most computing that one document may take, in seconds.")
    ] = 60
    parse_memory_mb: Annotated[
        int, Field(ge=256, description="Address space of the worker that reads documents.")
    ] = 512
    parse_documents: Annotated[
        int, Field(ge=1, description="Documents after which a new worker takes over.")
    ] = 200
    parse_idle_s: Annotated[
        float, Field(gt=0, description="How long a worker waits for documents before it ends.")
    ] = 300.0
    ocr_languages: Annotated[
        str,
        Field(
            pattern=r"^([A-Za-z_]+(\+[A-Za-z_]+)*)?$",
            description="Languages in which scanned pages are read with tesseract, such as "
            "swe+fin+eng; it must be installed. Empty: scanned pages are not read.",
        ),
    ] = ""

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

    @property
    def parse_report_s(self) -> float:
        """Once reading a report's documents has taken so long, it goes no further."""
        return 3 * self.parse_wall_s

    def parse_limits(self) -> ParseLimits:
        """The part that the parse worker needs."""
        return ParseLimits(
            wall_s=self.parse_wall_s,
            cpu_s=self.parse_cpu_s,
            memory_mb=self.parse_memory_mb,
            documents=self.parse_documents,
            idle_s=self.parse_idle_s,
            ocr_languages=self.ocr_languages,
        )
