"""Every topic: its name, what is in it, who writes it and who reads it.

The version stands in the name: an additive change keeps it, a breaking one makes a new topic.
"""

from dataclasses import dataclass

from libs.events.envelope import CloudEvent, EventPayload, read_payload
from libs.events.payloads import (
    FeedbackGiven,
    ReportAccepted,
    ReportIndexed,
    ReportRejected,
    ReportRemoved,
    ReportSubmitted,
    ReportWithdrawn,
)

DEAD_LETTER_SUFFIX = ".dlq"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with one kind of event in it. Message key: the report id."""

    name: str
    payload: type[EventPayload]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]

    @property
    def dead_letters(self) -> str:
        """Name of the topic that takes what could not be handled."""
        return self.name + DEAD_LETTER_SUFFIX

    def read(self, _topic: str, event: CloudEvent) -> EventPayload:
        """What a handler of this topic gets. Raises InvalidInput."""
        return read_payload(event, self.payload)


REPORTS_SUBMITTED = Topic("reports.submitted.v1", ReportSubmitted, ("ingest",), ("ingest",))
REPORTS_ACCEPTED = Topic("reports.accepted.v1", ReportAccepted, ("ingest",), ("embed",))
REPORTS_INDEXED = Topic("reports.indexed.v1", ReportIndexed, ("embed",), ("ingest", "recommend"))
REPORTS_REJECTED = Topic("reports.rejected.v1", ReportRejected, ("ingest", "embed"), ("ingest",))
REPORTS_WITHDRAWN = Topic(
    "reports.withdrawn.v1", ReportWithdrawn, ("ingest",), ("embed", "recommend")
)
REPORTS_REMOVED = Topic("reports.removed.v1", ReportRemoved, ("embed",), ("ingest", "recommend"))
FEEDBACK_GIVEN = Topic("feedback.given.v1", FeedbackGiven, ("recommend",), ("recommend",))

TOPICS: tuple[Topic, ...] = (
    REPORTS_SUBMITTED,
    REPORTS_ACCEPTED,
    REPORTS_INDEXED,
    REPORTS_REJECTED,
    REPORTS_WITHDRAWN,
    REPORTS_REMOVED,
    FEEDBACK_GIVEN,
)


def topic_of(payload: EventPayload) -> Topic:
    """The topic that carries this kind of payload."""
    return next(topic for topic in TOPICS if topic.payload is type(payload))
