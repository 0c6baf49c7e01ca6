"""What ingest announces of a version that stands in its record."""

from libs.events.payloads import ReportAccepted
from services.ingest.tables import VersionRow


def accepted(row: VersionRow, partner: str) -> ReportAccepted:
    """A normalised version is ready to be indexed."""
    return ReportAccepted(
        report_id=row.report_id,
        version=row.version,
        partner=partner,
        digest=row.digest,
        content_url=f"/internal/reports/{row.report_id}/versions/{row.version}",
    )
