"""What the collection holds, counted for those who keep the account: ingest."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter

from libs.events.account import PassageCounts, PassageCountsRequest, VersionPassages
from libs.vectors.port import PassageFilter, PassageIndex

# Holds the interpreter for 26 ms, so that questions go on in between.
STEP = 5_000


def count_routes(current: Callable[[], PassageIndex]) -> APIRouter:
    """The router. `current` is the collection that is read at the moment."""
    router = APIRouter()

    @router.post("/internal/passages/counts")
    def count_passages(request: PassageCountsRequest) -> PassageCounts:
        index = current()
        found, following = _count(index, request)
        published = index.published(sorted({report_id for report_id, _ in found}))
        return PassageCounts(
            counts=tuple(
                VersionPassages(
                    report_id=report_id,
                    version=version,
                    passages=passages,
                    published=published.get(report_id) == version,
                )
                for (report_id, version), passages in found.items()
            ),
            next=following,
        )

    return router


def _count(
    index: PassageIndex, request: PassageCountsRequest
) -> tuple[Counter[tuple[str, int]], UUID | None]:
    # Ids are random, so the passages of a report are far apart: the more are counted together,
    # the less there is to tell.
    where = PassageFilter({"partner": [request.partner]}) if request.partner else None
    found: Counter[tuple[str, int]] = Counter()
    start, left = request.start, request.limit
    while left:
        tally = index.tally(where, start=start, limit=min(left, STEP))
        for each in tally.counts:
            found[each.report_id, each.version] += each.passages
            left -= each.passages
        start = tally.next
        if start is None:
            break
    return found, start
