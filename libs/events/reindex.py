"""Re-indexing: the record as embed reads it, and how far a new collection is."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from libs.events.account import Count
from libs.events.report import Strict

MOST_STANDING = 500


class StandingReport(Strict):
    """What is settled of a report: its newest version that is indexed, or was withdrawn."""

    report_id: str
    version: int
    partner: str
    digest: str
    content_url: str
    passages: Count
    withdrawn: bool


class StandingReports(Strict):
    """A page of them in order of their ids; `next` is the `after` of the page behind it.

    `reports` and `passages` count all that are indexed; they stand on the first page only.
    """

    items: tuple[StandingReport, ...]
    next: str | None
    reports: Count | None
    passages: Count | None


class ModelChoice(Strict):
    """An embedding model, as the NAVIGATOR_EMBED_… settings name it. None: as it is set."""

    engine: str | None = None
    model: str | None = None
    correction: Literal["means", "none"] | None = None


class ReindexRequest(ModelChoice):
    """With which model to build a new collection; with `hold`, readers are not switched to it."""

    hold: bool = False


class CollectionState(Strict):
    """A collection and the model that it was made with."""

    name: str
    model: str


ReindexPhase = Literal["none", "building", "checking", "complete", "switched"]


class ReindexStatus(Strict):
    """How far it is.

    `building`: passages are made; `checking`: what came in meanwhile is looked after; `complete`:
    it holds all there is and waits for `switch`; `switched`: it is read, and the collection before
    it is kept until `confirm` or `rollback`. Counts are of reports and passages in the new
    collection, of all in the record; `trouble` is what it waits for, `remark` what to know of the
    new collection before it is read.
    """

    phase: ReindexPhase
    active: CollectionState
    building: CollectionState | None = None
    previous: CollectionState | None = None
    reports: Count = 0
    reports_total: Count = 0
    passages: Count = 0
    passages_total: Count = 0
    started_at: dt.datetime | None = None
    passages_per_s: Annotated[float | None, Field(description="Made lately.")] = None
    remaining_s: Annotated[float | None, Field(description="Estimate, by this rate.")] = None
    trouble: str | None = None
    remark: str | None = None
