"""What embed does with an event, in all collections that it writes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from libs.bus.consumer import Handler
from libs.errors import NavigatorError
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportAccepted, ReportWithdrawn
from libs.events.topics import REPORTS_ACCEPTED, REPORTS_WITHDRAWN, Topic
from services.embed.targets import Target, Targets

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EveryCollection:
    """The handlers. What is told of an event is what became of it in the one that is read."""

    targets: Targets

    def by_topic(self) -> dict[Topic, Handler]:
        """Which handler takes the events of which topic."""
        return {
            REPORTS_ACCEPTED: self.on_report_accepted,
            REPORTS_WITHDRAWN: self.on_report_withdrawn,
        }

    def on_report_accepted(self, event: ReportAccepted) -> list[EventPayload]:
        """Index a report version."""
        return self._in_each(event, lambda target: target.accept(event))

    def on_report_withdrawn(self, event: ReportWithdrawn) -> list[EventPayload]:
        """Remove a report."""
        return self._in_each(event, lambda target: target.withdraw(event))

    def _in_each(
        self, event: EventPayload, handle: Callable[[Target], list[EventPayload]]
    ) -> list[EventPayload]:
        parts = self.targets.parts
        told = handle(parts.active)
        for follower in parts.followers:
            try:
                handle(follower)
            except NavigatorError as error:
                # Intake does not wait for a model that nobody reads yet: the re-index compares
                # with the record again, and makes up for it.
                log.warning(
                    "a report waits for the re-index",
                    extra={"report_id": event.report_id, "reason": error.detail},
                )
        return told
