"""What recommend does when something has happened: keep its caches fresh."""

from dataclasses import dataclass

from libs.bus.consumer import Handler
from libs.events.envelope import EventPayload
from libs.events.payloads import FeedbackGiven, ReportIndexed, ReportRemoved, ReportWithdrawn
from libs.events.topics import (
    FEEDBACK_GIVEN,
    REPORTS_INDEXED,
    REPORTS_REMOVED,
    REPORTS_WITHDRAWN,
    Topic,
)
from services.recommend.feedback.scores import FeedbackScores
from services.recommend.records import ReportRecords
from services.recommend.themes import KnownThemes
from services.recommend.warming import RecordWarmer


@dataclass(frozen=True, slots=True)
class RecommendHandlers:
    """The handlers with their ports."""

    records: ReportRecords
    themes: KnownThemes
    scores: FeedbackScores
    warmer: RecordWarmer

    def by_topic(self) -> dict[Topic, Handler]:
        """Which handler takes the events of which topic."""
        return {
            REPORTS_INDEXED: self.on_report_indexed,
            REPORTS_WITHDRAWN: self.on_report_withdrawn,
            REPORTS_REMOVED: self.on_report_removed,
            FEEDBACK_GIVEN: self.on_feedback_given,
        }

    def on_report_indexed(self, event: ReportIndexed) -> list[EventPayload]:
        """Forget what is kept, and have the record at hand before the first question needs it."""
        self.themes.changed()
        self.records.announce(event.report_id, event.version, event.labels)
        self.warmer.add(event.report_id, event.version)
        return []

    def on_report_withdrawn(self, event: ReportWithdrawn) -> list[EventPayload]:
        """Forget the record."""
        self.records.forget(event.report_id, event.version)
        self.warmer.drop(event.report_id)
        return []

    def on_report_removed(self, _event: ReportRemoved) -> list[EventPayload]:
        """Count anew. Not when it was withdrawn: its passages were still there then."""
        self.themes.changed()
        return []

    def on_feedback_given(self, event: FeedbackGiven) -> list[EventPayload]:
        """Count the report's votes. It stands in the record before it is told of."""
        self.scores.recount(event.report_id)
        return []
