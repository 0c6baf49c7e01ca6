"""What the collection knows of, kept in memory until a report comes or goes."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.events.facets import Themes
from libs.vectors.port import PassageIndex
from services.recommend.facets import themes


@dataclass(frozen=True, slots=True)
class _Kept:
    collection: str
    changes: int
    themes: Themes


class KnownThemes:
    """Counted when asked for, once per change: nothing has to be told again after a restart.

    `active` gives the collection that is read, which a re-index changes without an event. May be
    used from any thread.
    """

    def __init__(self, active: Callable[[], tuple[str, PassageIndex]]) -> None:
        self._active = active
        self._changes = 0
        self._kept: _Kept | None = None

    def get(self) -> Themes:
        """The counts. Raises Unavailable when there is no collection, or its engine is away."""
        collection, index = self._active()
        # Read before counting: what comes meanwhile makes the count an old one.
        changes = self._changes
        kept = self._kept
        if kept is None or (kept.collection, kept.changes) != (collection, changes):
            kept = _Kept(collection, changes, themes(index))
            self._kept = kept
        return kept.themes

    def changed(self) -> None:
        """A report came or went."""
        self._changes += 1
