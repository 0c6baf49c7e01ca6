"""The SQL record as an account reads it: versions by outcome, and what is past its deadline."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from libs.database.days import utc_day
from libs.events.account import MissingReport
from libs.events.report import ReportStatus
from services.ingest import store
from services.ingest.tables import ReportRow, StatusRow, VersionRow

PAGE = 2_000
_ACCEPTED = "accepted"
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an account is about: one partner or all, and days of handing over, both included."""

    partner: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    def days(self, moment: InstrumentedAttribute[dt.datetime]) -> list[ColumnElement[bool]]:
        """Conditions under which a moment is on these days."""
        wanted = []
        if self.first is not None:
            wanted.append(moment >= _midnight(self.first))
        if self.last is not None:
            wanted.append(moment < _midnight(self.last) + dt.timedelta(days=1))
        return wanted

    def conditions(self, moment: InstrumentedAttribute[dt.datetime]) -> list[ColumnElement[bool]]:
        """The same, and that the report is the partner's."""
        whose = [] if self.partner is None else [ReportRow.partner == self.partner]
        return whose + self.days(moment)


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """One version as the account sees it."""

    version: int
    status: ReportStatus
    passages: int
    confirmed: bool
    submitted_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A report with its versions, oldest first."""

    report_id: str
    partner: str
    versions: tuple[VersionEntry, ...]

    @property
    def settled(self) -> bool:
        """True when neither embed nor ingest has anything left to do for it."""
        withdrawn = (v for v in self.versions if v.status is ReportStatus.WITHDRAWN)
        return self.versions[-1].status.final and all(v.confirmed for v in withdrawn)

    @property
    def standing(self) -> VersionEntry | None:
        """The version whose passages belong in the collection, if there is one."""
        return next((v for v in reversed(self._taken) if v.status is ReportStatus.INDEXED), None)

    @property
    def _taken(self) -> Sequence[VersionEntry]:
        """The versions behind the newest withdrawal, which took all before it."""
        places = [n for n, v in enumerate(self.versions) if v.status is ReportStatus.WITHDRAWN]
        return self.versions[places[-1] + 1 :] if places else self.versions


def outcomes(session: Session, scope: Scope) -> list[tuple[str, str, str, int]]:
    """Partner, day, column and count. One statement, so that it is of one moment.

    The column is `accepted`, a field of Tallied, or something else for a status not known here.
    """
    accepted = (
        select(
            ReportRow.partner,
            utc_day(StatusRow.at).label("day"),
            literal(_ACCEPTED).label("outcome"),
        )
        .join(ReportRow, ReportRow.id == StatusRow.report_id)
        .where(StatusRow.status == ReportStatus.ACCEPTED.value, *scope.conditions(StatusRow.at))
    )
    rows = union_all(accepted, _versions(scope)).subquery()
    columns = (rows.c.partner, rows.c.day, rows.c.outcome)
    found = session.execute(select(*columns, func.count()).group_by(*columns).order_by(*columns))
    return [(partner, day, outcome, count) for partner, day, outcome, count in found]


def _versions(scope: Scope) -> Select[tuple[str, str, str]]:
    taken = (
        select(VersionRow.report_id, func.max(VersionRow.version).label("version"))
        .where(VersionRow.status.in_([ReportStatus.INDEXED.value, ReportStatus.WITHDRAWN.value]))
        .group_by(VersionRow.report_id)
        .subquery()
    )
    indexed = VersionRow.status == ReportStatus.INDEXED.value
    outcome = case(
        (VersionRow.status == ReportStatus.REJECTED.value, "rejected"),
        (VersionRow.status == ReportStatus.WITHDRAWN.value, "withdrawn"),
        (and_(indexed, VersionRow.version < taken.c.version), "superseded"),
        (indexed, "indexed"),
        # Handlers leave an unfinished version alone once there is a newer one, whatever it is.
        (and_(store.OPEN, VersionRow.version < ReportRow.version), "superseded"),
        (store.OPEN, "in_progress"),
        else_=_UNKNOWN,
    )
    return (
        select(
            ReportRow.partner,
            utc_day(VersionRow.submitted_at).label("day"),
            outcome.label("outcome"),
        )
        .join(ReportRow, ReportRow.id == VersionRow.report_id)
        .outerjoin(taken, taken.c.report_id == VersionRow.report_id)
        .where(*scope.conditions(VersionRow.submitted_at))
    )


def missing(
    session: Session, scope: Scope, before: dt.datetime, limit: int
) -> tuple[list[MissingReport], int]:
    """What has waited since before a moment, oldest first, and how many there are of it."""
    unfinished = and_(
        store.OPEN,
        VersionRow.version == ReportRow.version,
        VersionRow.submitted_at < before,
    )
    unconfirmed = and_(store.UNCONFIRMED, VersionRow.updated_at < before)
    withdrawn = VersionRow.status == ReportStatus.WITHDRAWN.value
    since = case((withdrawn, VersionRow.updated_at), else_=VersionRow.submitted_at)
    overdue = (
        select(
            ReportRow.partner,
            VersionRow.report_id,
            VersionRow.version,
            VersionRow.status,
            since.label("since"),
        )
        .join(ReportRow, ReportRow.id == VersionRow.report_id)
        .where(or_(unfinished, unconfirmed), *scope.conditions(VersionRow.submitted_at))
    )
    count = session.scalar(select(func.count()).select_from(overdue.subquery()))
    found = session.execute(overdue.order_by("since", VersionRow.report_id).limit(limit))
    return [MissingReport(**row) for row in found.mappings()], count or 0


def entries(
    session: Session, partner: str | None, *, only: Sequence[str] | None = None
) -> Iterator[ReportEntry]:
    """Reports in order of id: all of a partner's or of everybody's, or only those with these ids.

    Read page by page, and without what is large in a row.
    """
    after = ""
    while True:
        page = select(ReportRow.id).where(ReportRow.id > after).order_by(ReportRow.id).limit(PAGE)
        if partner is not None:
            page = page.where(ReportRow.partner == partner)
        if only is not None:
            page = page.where(ReportRow.id.in_(only))
        ids = session.scalars(page).all()
        if not ids:
            return
        yield from _entries(session, ids)
        after = ids[-1]


def _entries(session: Session, ids: Sequence[str]) -> list[ReportEntry]:
    found = session.execute(
        select(
            VersionRow.report_id,
            ReportRow.partner,
            VersionRow.version,
            VersionRow.status,
            func.coalesce(VersionRow.passages, 0),
            VersionRow.removed_at.is_not(None),
            VersionRow.submitted_at,
        )
        .join(ReportRow, ReportRow.id == VersionRow.report_id)
        .where(VersionRow.report_id.in_(ids))
        .order_by(VersionRow.report_id, VersionRow.version)
    )
    reports: dict[str, tuple[str, list[VersionEntry]]] = {}
    for report_id, partner, version, status, passages, confirmed, submitted_at in found:
        entry = VersionEntry(version, ReportStatus(status), passages, bool(confirmed), submitted_at)
        reports.setdefault(report_id, (partner, []))[1].append(entry)
    return [ReportEntry(key, partner, tuple(made)) for key, (partner, made) in reports.items()]


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
