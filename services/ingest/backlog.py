"""How much of a partner's is on its way."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.ingest.store import OPEN
from services.ingest.tables import ReportRow, VersionRow


def in_progress(session: Session, partner: str, at_most: int) -> int:
    """How many of a partner's reports are neither indexed nor rejected nor withdrawn.

    Counts no further than `at_most`.
    """
    found = (
        select(VersionRow.report_id)
        .join(
            ReportRow,
            (ReportRow.id == VersionRow.report_id) & (ReportRow.version == VersionRow.version),
        )
        .where(OPEN, ReportRow.partner == partner)
        .limit(at_most)
    )
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0
