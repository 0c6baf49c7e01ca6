"""A report in a few lines."""

from libs.events.report import ReportContent
from libs.events.search import ProjectSummary


def summary(content: ReportContent) -> ProjectSummary:
    """What it says of itself, and where it is read."""
    report = content.report
    return ProjectSummary(
        report_id=content.report_id,
        version=content.version,
        title=report.title,
        summary=report.summary,
        language=report.language,
        illustrative=report.illustrative,
        outcome=report.outcome,
        organisation=report.lead_organisation,
        places=report.places,
        period=report.period,
        themes=report.themes,
        link=f"/reports/{content.report_id}",
    )
