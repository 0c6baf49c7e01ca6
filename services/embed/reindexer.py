"""Fills a new collection from ingest's record while the old one is read.

It goes through the record page by page and indexes what the new collection does not have, again
and again until it finds nothing to do. So what is done is known from the collection itself: after
a kill it goes on where it was. What the consumer writes meanwhile to the collection that is read
comes first; what is lost of that is made up for by the next pass.
"""

import datetime as dt
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from libs.errors import NavigatorError, Unavailable
from libs.events.payloads import ReportAccepted, ReportWithdrawn
from libs.events.reindex import (
    CollectionState,
    ReindexPhase,
    ReindexRequest,
    ReindexStatus,
    StandingReport,
    StandingReports,
)
from libs.periodic import PeriodicWorker
from libs.vectors.collections import Made, Roles
from libs.vectors.port import PassageFilter
from services.embed.targets import Parts, Target, Targets, started_at

log = logging.getLogger(__name__)

Event = ReportAccepted | ReportWithdrawn

# How often roles are looked at while there is nothing to do: another process may have changed them.
IDLE_S: Final = 2.0
# An event that came in before the new collection was known is handled by then, or by the pass
# after the switch. All processes have seen their part by then.
SETTLE_S: Final = 2.5 * IDLE_S
# Between two passes that found nothing; a pass over many reports is not to take all the time.
AGAIN_S: Final = 1.0
REST_FACTOR: Final = 10
LONGEST_REST_S: Final = 60.0
# After what an operator has to mend, as a collection whose model cannot be opened any more:
# trying may cost seconds of computing.
REFUSED_S: Final = 30.0
# Events that wait for a slow model, half a kilobyte each. Of more the oldest are left to the pass.
MOST_FOLLOWING: Final = 10_000
# With more of them to write, a collection does not hold all there is.
MOST_BEHIND: Final = 20


class Record(Protocol):
    """Which reports there are: ingest."""

    def standing(self, after: str) -> StandingReports:
        """A page. Raises Unavailable when ingest does not answer."""


@dataclass(slots=True)
class Pass:
    """One way through the record."""

    began: float
    of: str | None = None  # when the collection was begun that is being built
    after: str | None = ""
    todo: deque[tuple[Target, StandingReport]] = field(default_factory=deque)
    found_work: bool = False
    stuck: str | None = None
    reports: int = 0
    passages: int = 0
    reports_total: int = 0
    passages_total: int = 0


class Reindexer(PeriodicWorker):
    """The worker, and what is asked of it. It indexes one report in each step."""

    def __init__(
        self, targets: Targets, record: Record, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("reindex", self._look)
        self._targets = targets
        self._record = record
        self._monotonic = monotonic
        self._pass: Pass | None = None
        self._shown: Pass | None = None
        self._seen: tuple[Target, ...] = ()
        self._first_seen = 0.0
        self._complete: str | None = None  # when the one was begun that holds all reports
        self._made = 0
        self._made_in_s = 0.0
        self._stuck: str | None = None
        self._refused: str | None = None
        self._rests_until = 0.0
        self._following: deque[tuple[str, Event]] = deque(maxlen=MOST_FOLLOWING)

    def follow(self, event: Event, written_to: str) -> None:
        """Have an event written to the other collection than the one named, and soon.

        Whoever calls does not wait for its model, nor hear of its errors.
        """
        self._following.append((written_to, event))
        self.wake()

    def begin(self, request: ReindexRequest) -> ReindexStatus:
        """Start to build a collection; see Targets."""
        self._targets.begin(request)
        self.wake()
        return self.status()

    def switch(self) -> ReindexStatus:
        """Read the new collection; see Targets. Raises Conflict before it is complete."""
        return self._changed(partial(self._targets.switch, self._holds_all()))

    def confirm(self) -> ReindexStatus:
        """Keep the new collection only; see Targets."""
        return self._changed(self._targets.confirm)

    def rollback(self) -> ReindexStatus:
        """Read the collection before again; see Targets."""
        return self._changed(self._targets.rollback)

    def cancel(self) -> ReindexStatus:
        """Give up the new collection; see Targets."""
        return self._changed(self._targets.cancel)

    def status(self) -> ReindexStatus:
        """How far it is. Opens nothing, so it tells also of a collection that cannot be opened."""
        roles, made = self._targets.roles()
        active = roles.active or self._targets.parts.active.name
        status = ReindexStatus(
            phase=self._phase(roles, made),
            active=_state(active, made),
            building=_state(roles.building, made) if roles.building else None,
            previous=_state(roles.previous, made) if roles.previous else None,
            trouble=self.health() or self._refused or self._stuck,
            remark=_remark(self._targets.parts.building),
        )
        shown = self._shown
        if shown is None or not (roles.building or roles.previous):
            return status
        rate = self._made / self._made_in_s if self._made_in_s else None
        left = shown.passages_total - shown.passages
        begun = started_at(made[roles.building or active].notes)
        return status.model_copy(
            update={
                "reports": shown.reports,
                "reports_total": shown.reports_total,
                "passages": shown.passages,
                "passages_total": shown.passages_total,
                "started_at": dt.datetime.fromisoformat(begun) if begun else None,
                "passages_per_s": rate,
                "remaining_s": max(left, 0) / rate if rate and roles.building else None,
            }
        )

    def _phase(self, roles: Roles, made: Mapping[str, Made]) -> ReindexPhase:
        if roles.building is None:
            return "switched" if roles.previous is not None else "none"
        complete = self._holds_all()
        if complete and complete == started_at(made[roles.building].notes):
            return "complete"
        return "checking" if self._shown is not self._pass else "building"

    def _changed(self, change: Callable[[], Parts]) -> ReindexStatus:
        change()
        self._complete = self._refused = None
        self.wake()
        return self.status()

    def _look(self) -> float:
        """A step. What is read is in order whatever goes wrong here, so the process goes on."""
        try:
            pause = self._step_on()
        except Unavailable:
            raise
        except NavigatorError as error:
            log.warning("the re-index waits to be mended", extra={"reason": error.detail})
            self._refused = (
                f"{error.detail} To give up the collection that is not read, if it is that: "
                "`navigator reindex cancel`, or `confirm` after a switch."
            )
            return REFUSED_S
        self._refused = None
        return pause

    def _step_on(self) -> float:
        parts = self._targets.refresh()
        targets = _looked_after(parts)
        if not targets:
            self._forget()
            self._following.clear()
            return IDLE_S
        # By identity: one that was begun anew with the same model has the same name.
        if [*map(id, targets)] != [*map(id, self._seen)]:
            self._forget()
            self._seen, self._first_seen = targets, self._monotonic()
        if self._following:
            self._catch_up(*self._following.popleft(), targets)
        pause = self._pass_on(parts, targets)
        return 0.0 if self._following else pause

    def _pass_on(self, parts: Parts, targets: tuple[Target, ...]) -> float:
        if self._pass is None:
            # What came in woke the worker; the pass may rest all the same.
            if (rest := self._rests_until - self._monotonic()) > 0:
                return rest
            of = started_at(self._targets.notes(parts.building)) if parts.building else None
            self._pass = Pass(began=self._monotonic(), of=of)
            self._shown = self._shown or self._pass
        return self._go_on(self._pass, targets)

    def _forget(self) -> None:
        self._seen = ()
        self._pass = self._shown = None
        self._complete, self._stuck = None, None
        self._made, self._made_in_s = 0, 0.0
        self._rests_until = 0.0

    def _holds_all(self) -> str | None:
        """When the one was begun that holds all there is, or None."""
        return self._complete if len(self._following) <= MOST_BEHIND else None

    def _catch_up(self, written_to: str, event: Event, targets: tuple[Target, ...]) -> None:
        """Try to write an event where it is not yet. The next pass makes up for what fails."""
        failures: list[str | None] = ["not tried"]
        try:
            failures = [self._try(each, event) for each in targets if each.name != written_to]
        finally:
            if any(failures):
                self._complete = None

    def _go_on(self, running: Pass, targets: tuple[Target, ...]) -> float:
        if running.todo:
            self._index(running, *running.todo[0])
            running.todo.popleft()
            return 0.0
        if running.after is not None:
            self._read(running, targets)
            return 0.0
        return self._end(running)

    def _read(self, running: Pass, targets: tuple[Target, ...]) -> None:
        """Look at the next page, and note what is missing of it."""
        page = self._record.standing(running.after or "")
        if page.reports is not None and page.passages is not None:
            running.reports_total, running.passages_total = page.reports, page.passages
        ids = [item.report_id for item in page.items]
        for target in targets:
            published = target.index.published(ids)
            for item in page.items:
                if _is_missing(target, item, published.get(item.report_id, 0)):
                    running.todo.append((target, item))
                elif target is targets[0] and not item.withdrawn:
                    running.reports += 1
                    running.passages += item.passages
        running.after = page.next

    def _index(self, running: Pass, target: Target, item: StandingReport) -> None:
        """Index or remove one report. Raises Unavailable, to be tried again."""
        if item.withdrawn:
            gone = ReportWithdrawn(report_id=item.report_id, version=item.version)
            running.stuck = self._try(target, gone) or running.stuck
            return
        running.found_work = True
        event = ReportAccepted(
            report_id=item.report_id,
            version=item.version,
            partner=item.partner,
            digest=item.digest,
            content_url=item.content_url,
        )
        began = self._monotonic()
        if (failure := self._try(target, event)) is not None:
            running.stuck = failure
            return
        self._made += item.passages
        self._made_in_s += self._monotonic() - began
        running.reports += 1
        running.passages += item.passages

    def _try(self, target: Target, event: Event) -> str | None:
        """Index or remove a report; what is wrong with it, if anything. Raises Unavailable."""
        try:
            if isinstance(event, ReportAccepted):
                target.accept(event)
            else:
                target.withdraw(event)
        except Exception as error:
            parts = self._targets.parts
            if all(target is not each for each in (parts.active, *_looked_after(parts))):
                return "given up meanwhile"  # and closed: what is raised then means no more
            if isinstance(error, Unavailable):
                raise
            # A bug with one report must not end what answers questions and takes in the others.
            log.exception("a report cannot be re-indexed", extra={"report_id": event.report_id})
            reason = f"{type(error).__name__}, see the log"
            if isinstance(error, NavigatorError):
                reason = error.detail
            self._stuck = f"report {event.report_id}: {reason}"
            return self._stuck
        return None

    def _end(self, running: Pass) -> float:
        """A pass is over: another one follows, until one has found nothing to do."""
        took = self._monotonic() - running.began
        self._shown = running
        self._pass = None
        building = self._targets.parts.building
        self._stuck = running.stuck
        if running.found_work and not running.stuck:
            self._complete = None
            return 0.0
        rest = min(max(AGAIN_S, REST_FACTOR * took), LONGEST_REST_S)
        self._rests_until = self._monotonic() + rest
        if running.stuck:
            self._complete = None
            return rest
        if running.began < self._first_seen + SETTLE_S:
            return rest
        if self._targets.parts.unchecked:
            self._targets.checked(self._seen)
        if building is not None:
            notes = self._targets.notes(building)
            # None where another process has begun anew with the same model.
            self._complete = running.of if running.of == started_at(notes) else None
            if (complete := self._holds_all()) and not notes.get("hold"):
                self._changed(partial(self._targets.switch, complete))
        return rest


def _looked_after(parts: Parts) -> tuple[Target, ...]:
    """While one is built, that one; after the switch both, until it is confirmed.

    The one that is read too until it was checked, whatever was confirmed or killed meanwhile.
    """
    active = (parts.active,) if parts.unchecked or parts.previous else ()
    if parts.building is not None:
        return (parts.building, *active)
    return (*active, parts.previous) if parts.previous is not None else active


def _is_missing(target: Target, item: StandingReport, published: int) -> bool:
    if not item.withdrawn:
        return published < item.version
    # What was sent in after the withdrawal stays.
    of_it = PassageFilter({"report_id": [item.report_id]})
    return published <= item.version and target.index.peek(of_it) is not None


def _remark(building: Target | None) -> str | None:
    if building is None or building.handlers.sorter.heads is not None:
        return None
    return (
        "Goals, themes, target groups and kinds of passage cannot be inferred with this model and "
        "correction: filters will find only what partners gave."
    )


def _state(name: str, made: Mapping[str, Made]) -> CollectionState:
    return CollectionState(name=name, model=made[name].spec.model)
