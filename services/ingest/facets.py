"""What the list of reports is filtered by; it stands by itself, so that no text is read for it."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from libs.events.report import ReportMetadata
from services.ingest import store
from services.ingest.tables import FacetRow, VersionRow

LANGUAGE = "language"
COUNTRY = "country"
THEME = "theme"
MAX_TAG = 35


def keep(session: Session, row: VersionRow, found: ReportMetadata) -> None:
    """Keep what is known of a version by now; an older version's does not count any more."""
    row.title = found.title
    report = store.report_row(session, row.report_id)
    if row.version != report.version:
        return
    report.folded_title = found.title.casefold()
    session.execute(delete(FacetRow).where(FacetRow.report_id == row.report_id))
    session.add_all(
        FacetRow(report_id=row.report_id, kind=kind, value=value)
        for kind, value in sorted(facets_of(found))
    )


def facets_of(report: ReportMetadata) -> set[tuple[str, str]]:
    """Its languages (as given, and without region), countries and themes."""
    tag = (report.language or "").lower()
    # Longer than any registered tag, so that nobody asks for it; of its beginning they may.
    languages = {tag if len(tag) <= MAX_TAG else "", tag.partition("-")[0]} - {""}
    return (
        {(LANGUAGE, language) for language in languages}
        | {(COUNTRY, place.country) for place in report.places}
        | {(THEME, theme) for theme in report.themes}
    )
