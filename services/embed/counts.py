"""What the collection holds, counted for those who keep the account: ingest."""

from fastapi import APIRouter

from libs.events.account import PassageCounts, PassageCountsRequest, VersionPassages
from libs.vectors.port import PassageFilter, PassageIndex


def count_routes(index: PassageIndex) -> APIRouter:
    """The router. Counting holds the interpreter for 26 ms at most, so questions go on."""
    router = APIRouter()

    @router.post("/internal/passages/counts")
    def count_passages(request: PassageCountsRequest) -> PassageCounts:
        tally = index.tally(_wanted(request), start=request.start, limit=request.limit)
        return PassageCounts(
            counts=tuple(
                VersionPassages(report_id=c.report_id, version=c.version, passages=c.passages)
                for c in tally.counts
            ),
            next=tally.next,
        )

    return router


def _wanted(request: PassageCountsRequest) -> PassageFilter | None:
    any_of: dict[str, list[str | int]] = {}
    if request.partner is not None:
        any_of["partner"] = [request.partner]
    if request.report_ids is not None:
        any_of["report_id"] = [*request.report_ids]
    return PassageFilter(any_of) if any_of else None
