"""Which of a report's facts its partner did not say."""

from libs.events.report import NormalisedReport, Provenance


def found_out(report: NormalisedReport) -> list[tuple[str, Provenance]]:
    """Fields with their provenance, where they were read from a document or inferred.

    That its text stands in its documents is no news.
    """
    pairs = ((pointer.removeprefix("/"), origin) for pointer, origin in report.provenance.items())
    return [
        (field, origin)
        for field, origin in pairs
        if field in NormalisedReport.model_fields
        and field != "sections"
        and not report.is_given(field)
    ]
