"""Fills a new collection from ingest's record while the old one is read.

It goes through the record page by page and indexes what the new collection does not have, again
and again until it finds nothing to do. So what is done is known from the collection itself: after
a kill it goes on where it was, and what the consumer could not write is made up for.
"""

import datetime as dt
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from libs.errors import Conflict, NavigatorError, Unavailable
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
from libs.vectors.port import PassageFilter
from services.embed.targets import Parts, Target, Targets

# How often roles are looked at while there is nothing to do: another process may have changed them.
IDLE_S: Final = 2.0
# An event that came in before the new collection was known is handled by then, or by the pass
# after the switch. All processes have seen their part by then.
SETTLE_S: Final = 2.5 * IDLE_S
# Between two passes that found nothing; a pass over many reports is not to take all the time.
AGAIN_S: Final = 1.0
REST_FACTOR: Final = 10


class Record(Protocol):
    """Which reports there are: ingest."""

    def standing(self, after: str) -> StandingReports:
        """A page. Raises Unavailable when ingest does not answer."""


@dataclass(slots=True)
class Pass:
    """One way through the record."""

    began: float
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
        self._names: tuple[str, ...] = ()
        self._first_seen = 0.0
        self._complete = False
        self._made = 0
        self._made_in_s = 0.0
        self._stuck: str | None = None

    def begin(self, request: ReindexRequest) -> ReindexStatus:
        """Start to build a collection; see Targets."""
        self._targets.begin(request)
        self.wake()
        return self.status()

    def switch(self) -> ReindexStatus:
        """Read the new collection; see Targets. Raises Conflict before it is complete."""
        if self._targets.parts.building is not None and not self._complete:
            raise Conflict(
                "The new collection does not hold all reports yet: see `navigator reindex status`."
            )
        return self._changed(self._targets.switch)

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
        """How far it is."""
        parts, shown = self._targets.parts, self._shown
        status = ReindexStatus(
            phase=self._phase(parts),
            active=_state(parts.active),
            building=_state(parts.building) if parts.building else None,
            previous=_state(parts.previous) if parts.previous else None,
            trouble=self.health() or self._stuck,
        )
        if shown is None or not parts.followers:
            return status
        rate = self._made / self._made_in_s if self._made_in_s else None
        left = shown.passages_total - shown.passages
        newest = parts.building or parts.active
        started_at = self._targets.notes(newest).get("started_at")
        return status.model_copy(
            update={
                "reports": shown.reports,
                "reports_total": shown.reports_total,
                "passages": shown.passages,
                "passages_total": shown.passages_total,
                "started_at": dt.datetime.fromisoformat(started_at) if started_at else None,
                "passages_per_s": rate,
                "remaining_s": max(left, 0) / rate if rate and parts.building else None,
            }
        )

    def _phase(self, parts: Parts) -> ReindexPhase:
        if parts.building is None:
            return "switched" if parts.previous is not None else "none"
        if self._complete:
            return "complete"
        return "checking" if self._shown is not self._pass else "building"

    def _changed(self, change: Callable[[], Parts]) -> ReindexStatus:
        change()
        self._complete = False
        self.wake()
        return self.status()

    def _look(self) -> float:
        parts = self._targets.refresh()
        targets = _looked_after(parts)
        if not targets:
            self._forget()
            return IDLE_S
        names = tuple(target.name for target in targets)
        if names != self._names:
            self._forget()
            self._names, self._first_seen = names, self._monotonic()
        if self._pass is None:
            self._pass = Pass(began=self._monotonic())
            self._shown = self._shown or self._pass
        return self._go_on(self._pass, targets)

    def _forget(self) -> None:
        self._names = ()
        self._pass = self._shown = None
        self._complete, self._stuck = False, None
        self._made, self._made_in_s = 0, 0.0

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
            target.withdraw(ReportWithdrawn(report_id=item.report_id, version=item.version))
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
        try:
            target.accept(event)
        except Unavailable:
            raise
        except NavigatorError as error:
            running.stuck = self._stuck = f"report {item.report_id}: {error.detail}"
            return
        self._made += item.passages
        self._made_in_s += self._monotonic() - began
        running.reports += 1
        running.passages += item.passages

    def _end(self, running: Pass) -> float:
        """A pass is over: another one follows, until one has found nothing to do."""
        took = self._monotonic() - running.began
        self._shown = running
        self._pass = None
        building = self._targets.parts.building
        self._stuck = running.stuck
        if running.found_work:
            self._complete = False
            return AGAIN_S if running.stuck else 0.0
        if building is not None and running.began >= self._first_seen + SETTLE_S:
            self._complete = True
            if not self._targets.notes(building).get("hold"):
                self._changed(self._targets.switch)
        return max(AGAIN_S, REST_FACTOR * took)


def _looked_after(parts: Parts) -> tuple[Target, ...]:
    """While one is built, that one; after the switch both, until it is confirmed."""
    if parts.building is not None:
        return (parts.building,)
    return (parts.active, parts.previous) if parts.previous is not None else ()


def _is_missing(target: Target, item: StandingReport, published: int) -> bool:
    if not item.withdrawn:
        return published < item.version
    # What was sent in after the withdrawal stays.
    of_it = PassageFilter({"report_id": [item.report_id]})
    return published <= item.version and target.index.peek(of_it) is not None


def _state(target: Target) -> CollectionState:
    return CollectionState(name=target.name, model=target.embedder.model)
