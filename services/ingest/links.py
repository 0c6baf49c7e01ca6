"""Where the parts of a report are found: written in one place, so that ids are escaped alike."""

from libs.events.report import Relation
from libs.runtime.paths import path_segment
from services.ingest.tables import ReportRow


def links_of(report: ReportRow, *, with_document: bool) -> dict[Relation, str]:
    """The addresses of a report's parts."""
    base = f"/v1/reports/{report.id}"
    links: dict[Relation, str] = {
        "self": base,
        "content": f"{base}/content",
        "events": f"{base}/events",
        "versions": f"{base}/versions",
    }
    if with_document:
        links["document"] = f"{base}/document"
    if report.source and report.external_id:
        links["external"] = external_path(report.source, report.external_id)
    return links


def external_path(source: str, external_id: str) -> str:
    """The address of a report by its partner's own name."""
    return f"/v1/sources/{source}/reports/{path_segment(external_id)}"
