"""A reader's side of what makes a report's versions change places at once.

A version is published by its report's one point, after all its passages were written, and they
are removed only after another version was. So the passages of a version that was published before
a search began, and still is when it has ended, were all there all the while. Hits of any other
version are not shown: the search is made again without them.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from libs.vectors.port import PassageHit

Owner = tuple[str, int]
"""A report and one of its versions."""

# A version published while a search runs costs one more. Whoever meets others five times in a row
# gets an answer without these reports.
_ROUNDS: Final = 5
# Some 300 bytes each.
_MOST_KNOWN: Final = 200_000


@dataclass(frozen=True, slots=True)
class Publication:
    """That a version is found; `mark` tells a second time of it from the first."""

    version: int
    mark: str


class Publications:
    """What is known of them, and since when. May be used from any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._known: dict[str, tuple[Publication, float]] = {}

    def learn(self, found: Mapping[str, Publication]) -> None:
        """Note what was just read or written."""
        if len(self._known) + len(found) > _MOST_KNOWN:
            self._known.clear()
        now = self._monotonic()
        for report_id, publication in found.items():
            known = self._known.get(report_id)
            if known is None or known[0] != publication:
                self._known[report_id] = (publication, now)

    def consistent(
        self,
        search: Callable[[Collection[Owner]], list[PassageHit]],
        read: Callable[[Iterable[str]], dict[str, Publication]],
    ) -> list[PassageHit]:
        """Hits of published versions only, each as if nothing was written meanwhile.

        `search` finds passages of all but the given versions; `read` gives the publications of
        reports as they are now.
        """
        hidden: set[Owner] = set()
        for _ in range(_ROUNDS):
            began = self._monotonic()
            hits = search(hidden)
            owners = set(map(_owner, hits))
            now = read({report_id for report_id, _ in owners})
            doubtful = {owner for owner in owners if not self._was_there(owner, now, began)}
            self.learn(now)
            if not doubtful:
                return hits
            hidden |= {owner for owner in doubtful if not _is_of(owner, now)}
        return [hit for hit in hits if _owner(hit) not in doubtful]

    def _was_there(self, owner: Owner, now: Mapping[str, Publication], began: float) -> bool:
        known, since = self._known.get(owner[0], (None, began))
        return _is_of(owner, now) and known == now[owner[0]] and since <= began


def _owner(hit: PassageHit) -> Owner:
    return str(hit.payload["report_id"]), int(str(hit.payload["version"]))


def _is_of(owner: Owner, now: Mapping[str, Publication]) -> bool:
    report_id, version = owner
    return report_id in now and now[report_id].version == version
