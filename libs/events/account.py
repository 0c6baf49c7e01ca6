"""The account of what was taken in: every accepted version, and what became of it."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import Field

from libs.events.report import ReportStatus, Strict

Count = Annotated[int, Field(ge=0)]
# Of each list in an account. How many there are in all stands beside it.
MOST_LISTED = 1_000


class Tallied(Strict):
    """Versions handed over, and where they are now.

    `accepted` is counted from the status history and the others from the versions themselves, so
    that `accepted = indexed + rejected + in_progress + withdrawn + superseded` can fail.
    `superseded` are versions whose place a newer one has taken. A version that is indexed stays
    so while a newer one is in progress or was rejected: it is what is found.
    """

    accepted: Count = 0
    indexed: Count = 0
    rejected: Count = 0
    in_progress: Count = 0
    withdrawn: Count = 0
    superseded: Count = 0

    @property
    def balanced(self) -> bool:
        """True when every accepted version is in one of the other columns."""
        there = self.indexed + self.rejected + self.in_progress + self.withdrawn + self.superseded
        return self.accepted == there


class IntakeDay(Tallied):
    """What was handed over on one day, in UTC."""

    day: dt.date


class PartnerIntake(Strict):
    """One partner's days, oldest first."""

    partner: str
    days: tuple[IntakeDay, ...]


class MissingReport(Strict):
    """A version that is older than its deadline and not finished.

    For a withdrawn one `since` is its withdrawal: its passages are not known to be gone yet.
    """

    partner: str
    report_id: str
    version: int
    status: ReportStatus
    since: dt.datetime


class Discrepancy(Strict):
    """An indexed version of which the collection holds more or fewer passages than it should."""

    report_id: str
    version: int
    expected: Count
    found: Count


class Orphan(Strict):
    """Passages in the collection that the record has no place for.

    They are of a report that is not in the record (`status` is null), or of a version that was
    withdrawn, rejected or superseded.
    """

    report_id: str
    version: int
    passages: Count
    status: ReportStatus | None


class CollectionCheck(Strict):
    """The record compared with the vector collection itself, report version by report version.

    Reports with a version in progress, or a withdrawal that is not confirmed yet, are left out:
    their passages are being written or removed.
    """

    checked: bool
    reason: Annotated[str | None, Field(description="Why it was not checked.")] = None
    passages_expected: Count | None = None
    passages_found: Count | None = None
    discrepancies: tuple[Discrepancy, ...] = ()
    discrepancies_total: Count = 0
    orphans: tuple[Orphan, ...] = ()
    orphans_total: Count = 0


class IntakeAccount(Strict):
    """What was accepted and what became of it, by partner and day of handing over (UTC).

    Lists hold the first 1,000 of the `…_total` there are. All is well when `balanced` is true and
    the lists are empty.
    """

    as_of: dt.datetime
    partners: tuple[PartnerIntake, ...]
    totals: Tallied
    balanced: bool
    deadline_s: float
    missing: tuple[MissingReport, ...]
    missing_total: Count
    collection: CollectionCheck


class Repaired(Strict):
    """What a repair sent: standing versions, removals of orphans, and unfinished versions."""

    announced: Count
    removed: Count
    sent_again: Count


class VersionPassages(Strict):
    """How many passages of a report version the collection holds.

    Passages of a version that is not `published` are there, but not found.
    """

    report_id: str
    version: int
    passages: int
    published: bool = True


class PassageCountsRequest(Strict):
    """Which passages embed shall count: at most `limit` of them, from `start` on."""

    partner: Annotated[str | None, Field(max_length=64)] = None
    start: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=100_000)] = 50_000


class PassageCounts(Strict):
    """One page of the collection, counted; `next` is the `start` of the page behind it.

    A version's passages may stand on several pages.
    """

    counts: tuple[VersionPassages, ...]
    next: UUID | None
