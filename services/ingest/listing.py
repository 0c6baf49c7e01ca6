"""The list of reports: in order of arrival, or as a feed in order of change."""

import datetime as dt
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from libs.events.listing import ChangeCursor, Cursor, ListQuery, VersionCursor
from services.ingest.facets import COUNTRY, LANGUAGE, THEME
from services.ingest.tables import FacetRow, ReportRow, VersionRow

Pair = tuple[ReportRow, VersionRow]

EVERYTHING: Final = ListQuery()
# On PostgreSQL replicas write side by side, and one whose clock is a little late, or that commits
# late, writes behind a reader who has passed. So the feed ends a little before now. SQLite's
# writers take the time one after another, under one lock and by one clock.
SETTLED_AFTER: Final = dt.timedelta(seconds=2)


def list_reports(
    session: Session,
    *,
    after: Cursor | None,
    limit: int,
    wanted: ListQuery = EVERYTHING,
) -> list[Pair]:
    """The newest version of each report, in order of arrival, from behind the cursor."""
    statement = _newest(wanted).order_by(ReportRow.created_at, ReportRow.id)
    if after:
        statement = statement.where(
            _behind(ReportRow.created_at, ReportRow.id, after.created_at, after.report_id)
        )
    return _pairs(session, statement.limit(limit))


def list_changes(
    session: Session,
    *,
    after: ChangeCursor | None,
    limit: int,
    now: dt.datetime,
    wanted: ListQuery = EVERYTHING,
) -> list[Pair]:
    """The same in order of the last change, withdrawn reports among them.

    What changes while somebody pages comes again further on: a reader who goes on to the end has
    seen the last state of everything.
    """
    changed, report_id = VersionRow.updated_at, VersionRow.report_id
    statement = _newest(wanted).order_by(changed, report_id)
    if wanted.updated_since:
        statement = statement.where(changed >= wanted.updated_since)
    if session.get_bind().dialect.name == "postgresql":
        statement = statement.where(changed <= now - SETTLED_AFTER)
    if after:
        statement = statement.where(_behind(changed, report_id, after.updated_at, after.report_id))
    return _pairs(session, statement.limit(limit))


def list_versions(
    session: Session, report_id: str, *, after: VersionCursor | None, limit: int
) -> list[VersionRow]:
    """A report's versions, newest first, from behind the cursor."""
    statement = select(VersionRow).where(VersionRow.report_id == report_id).options(*_WITHOUT_TEXT)
    if after:
        statement = statement.where(VersionRow.version < after.version)
    return list(session.scalars(statement.order_by(VersionRow.version.desc()).limit(limit)))


# A page of two hundred reports must not read two hundred texts.
_WITHOUT_TEXT: Final = (defer(VersionRow.submission), defer(VersionRow.content))


def _pairs(session: Session, statement: Select[ReportRow, VersionRow]) -> list[Pair]:
    found = session.execute(statement.options(*_WITHOUT_TEXT))
    return [(report, version) for report, version in found]


def _newest(wanted: ListQuery) -> Select[ReportRow, VersionRow]:
    return (
        select(ReportRow, VersionRow)
        .join(
            VersionRow,
            and_(VersionRow.report_id == ReportRow.id, VersionRow.version == ReportRow.version),
        )
        .where(*_equal(wanted), *_about(wanted), *_between(wanted))
    )


def _equal(wanted: ListQuery) -> list[ColumnElement[bool]]:
    pairs = (
        (ReportRow.partner, wanted.partner),
        (ReportRow.source, wanted.source),
        (ReportRow.external_id, wanted.external_id),
        (VersionRow.status, wanted.status and wanted.status.value),
        (VersionRow.rejection["code"].as_string(), wanted.rejection_code),
    )
    return [column == value for column, value in pairs if value is not None]


def _about(wanted: ListQuery) -> list[ColumnElement[bool]]:
    facets = (
        (LANGUAGE, wanted.language and wanted.language.lower()),
        (COUNTRY, wanted.country),
        (THEME, wanted.theme),
    )
    return [
        ReportRow.id.in_(
            select(FacetRow.report_id).where(FacetRow.kind == kind, FacetRow.value == value)
        )
        for kind, value in facets
        if value
    ]


def _between(wanted: ListQuery) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.submitted_after:
        conditions.append(VersionRow.submitted_at >= wanted.submitted_after)
    if wanted.submitted_before:
        conditions.append(VersionRow.submitted_at < wanted.submitted_before)
    if wanted.title:
        conditions.append(ReportRow.folded_title.contains(wanted.title.casefold(), autoescape=True))
    return conditions


def _behind(
    moments: InstrumentedAttribute[dt.datetime],
    ids: InstrumentedAttribute[str],
    moment: dt.datetime,
    report_id: str,
) -> ColumnElement[bool]:
    return or_(moments > moment, and_(moments == moment, ids > report_id))
