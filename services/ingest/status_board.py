"""Wakes those who follow a report's status when it changes in this process."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class StatusBoard:
    """Watchers wait in an event loop; handlers notify from their threads.

    It only wakes: the history itself is read from the database, so a change made by another
    replica is seen at the watcher's next look. `also` is called at each change of any report.
    """

    def __init__(self, also: Callable[[], None] = lambda: None) -> None:
        self._also = also
        self._watchers: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]]
        self._watchers = defaultdict(set)
        self._lock = threading.Lock()

    @contextmanager
    def watch(self, report_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change of the report, while the context lasts."""
        watcher = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._watchers[report_id].add(watcher)
        try:
            yield watcher[1]
        finally:
            with self._lock:
                self._watchers[report_id].discard(watcher)
                if not self._watchers[report_id]:
                    del self._watchers[report_id]

    def notify(self, report_id: str) -> None:
        """The report has changed."""
        self._also()
        with self._lock:
            watchers = list(self._watchers.get(report_id, ()))
        for loop, changed in watchers:
            loop.call_soon_threadsafe(changed.set)
