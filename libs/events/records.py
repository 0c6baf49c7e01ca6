"""What one service asks another of several report versions at once. Internal, and not published."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from libs.events.labels import InferredLabel
from libs.events.report import ReportContent, Strict

RECORDS_PATH: Final = "/internal/reports/records"
MOST_VERSIONS: Final = 20
"""Texts are read with them, of which one may have megabytes."""


class ReportVersion(Strict):
    """A version of a report."""

    report_id: str
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class RecordsRequest(Strict):
    """The versions that are asked for."""

    versions: Annotated[tuple[ReportVersion, ...], Field(max_length=MOST_VERSIONS)]


class VersionRecord(BaseModel):
    """A version's content, and what sorting found in it."""

    model_config = ConfigDict(frozen=True)

    content: ReportContent
    labels: tuple[InferredLabel, ...] = ()


class Records(BaseModel):
    """Those that can be read, in any order: none that was withdrawn or is not there."""

    model_config = ConfigDict(frozen=True)

    records: tuple[VersionRecord, ...]
