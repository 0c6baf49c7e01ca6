"""What recommend does when something has happened: keep its caches fresh."""

from dataclasses import dataclass

from libs.events.envelope import EventPayload
from libs.events.payloads import ReportIndexed, ReportWithdrawn
from services.recommend.records import ReportRecords


@dataclass(frozen=True, slots=True)
class RecommendHandlers:
    """The handlers with their ports."""

    records: ReportRecords

    def on_report_indexed(self, event: ReportIndexed) -> list[EventPayload]:
        """Fetch the record before the first question needs it."""
        self.records.refresh(event.report_id, event.version)
        return []

    def on_report_withdrawn(self, event: ReportWithdrawn) -> list[EventPayload]:
        """Forget the record."""
        self.records.forget(event.report_id, event.version)
        return []
