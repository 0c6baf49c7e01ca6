"""Forgets what has been kept for long enough."""

import datetime as dt
from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from libs.clock import Clock
from libs.database.engine import Database
from libs.periodic import PeriodicWorker

SWEEP_EVERY_S = 600.0

Forget = Callable[[Session, dt.datetime], None]
"""Deletes what is of a moment or from before it."""


class Sweeper(PeriodicWorker):
    """A worker, with what it has to forget and after how long."""

    def __init__(
        self, database: Database, clock: Clock, rules: Mapping[Forget, dt.timedelta]
    ) -> None:
        super().__init__("sweeper", self._step)
        self._database = database
        self._clock = clock
        self._rules = rules

    def sweep(self) -> None:
        """Forget it now."""
        for forget, keep in self._rules.items():
            with self._database.write() as session:
                forget(session, self._clock() - keep)

    def _step(self) -> float:
        self.sweep()
        return SWEEP_EVERY_S
