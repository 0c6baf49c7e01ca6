"""What embed does with an event, in all collections that it writes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from libs.bus.consumer import Handler
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportAccepted, ReportWithdrawn
from libs.events.topics import REPORTS_ACCEPTED, REPORTS_WITHDRAWN, Topic
from services.embed.targets import Target, Targets

Event = ReportAccepted | ReportWithdrawn
Some = TypeVar("Some", ReportAccepted, ReportWithdrawn)


@dataclass(frozen=True, slots=True)
class EveryCollection:
    """The handlers. What is told of an event is what became of it in the one that is read.

    Intake waits for no other: `follow` gets the event with the name of the collection that has it,
    and sees to the rest.
    """

    targets: Targets
    follow: Callable[[Event, str], None]

    def by_topic(self) -> dict[Topic, Handler]:
        """Which handler takes the events of which topic."""
        return {
            REPORTS_ACCEPTED: self.on_report_accepted,
            REPORTS_WITHDRAWN: self.on_report_withdrawn,
        }

    def on_report_accepted(self, event: ReportAccepted) -> list[EventPayload]:
        """Index a report version."""
        return self._in_each(event, Target.accept)

    def on_report_withdrawn(self, event: ReportWithdrawn) -> list[EventPayload]:
        """Remove a report."""
        return self._in_each(event, Target.withdraw)

    def _in_each(
        self, event: Some, handle: Callable[[Target, Some], list[EventPayload]]
    ) -> list[EventPayload]:
        active = self.targets.parts.active
        told = handle(active, event)
        # Looked at only now: a long report may have been begun before a re-index.
        if self.targets.parts.followers:
            self.follow(event, active.name)
        return told
