"""Asks for records before a question needs them: after a start, and when reports change.

A question whose records are not kept waits for ingest. This worker asks in the background for a
few at a time, and rests twice as long as that took: it has a third of a core at most.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from threading import Lock
from typing import Final

import httpx

from libs.events.records import MOST_VERSIONS
from libs.events.reindex import StandingReports
from libs.runtime.peers import answered
from services.recommend.records import ReportRecords

_STANDING: Final = "/internal/reports/standing"
_RESTS: Final = 2.0
_IDLE_S: Final = 3_600.0


class RecordWarmer:
    """The worker's step, and the reports that it has yet to ask for. Thread-safe."""

    def __init__(
        self,
        client: httpx.Client,
        records: ReportRecords,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._records = records
        self._monotonic = monotonic
        self._waiting: OrderedDict[str, int] = OrderedDict()
        self._after: str | None = ""
        self._idle = False
        self._lock = Lock()
        self.wake: Callable[[], None] = lambda: None

    def add(self, report_id: str, version: int) -> None:
        """Ask for this version soon."""
        with self._lock:
            self._waiting[report_id] = version
            idle, self._idle = self._idle, False
        # Only from idleness: its rests are what leaves the machine to the questions.
        if idle:
            self.wake()

    def drop(self, report_id: str) -> None:
        """Do not ask for it any more."""
        with self._lock:
            self._waiting.pop(report_id, None)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to ask for."""
        return self._idle

    def step(self) -> float:
        """Ask for a few; returns the seconds to rest. Raises Unavailable when ingest is away."""
        began = self._monotonic()
        if self._records.full:
            # Questions tell from here on which are worth keeping.
            self._after = None
            with self._lock:
                self._waiting.clear()
        if not self._waiting and self._after is not None:
            self._list()
        with self._lock:
            few = dict(islice(self._waiting.items(), MOST_VERSIONS))
            self._idle = not few and self._after is None
        if not few:
            return _IDLE_S if self._idle else 0.0
        self._records.several([*few.items()])
        with self._lock:
            for report_id, version in few.items():
                if self._waiting.get(report_id) == version:
                    del self._waiting[report_id]
        return _RESTS * (self._monotonic() - began)

    def _list(self) -> None:
        """The next page of all reports that can be found."""
        with answered("ingest"):
            response = self._client.get(_STANDING, params={"after": self._after or ""})
            response.raise_for_status()
        page = StandingReports.model_validate_json(response.content)
        with self._lock:
            for each in page.items:
                if not each.withdrawn:
                    self._waiting.setdefault(each.report_id, each.version)
        self._after = page.next
