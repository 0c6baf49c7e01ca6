"""Re-indexing over HTTP, for operators: not open to the public."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter

from libs.events.reindex import ReindexRequest, ReindexStatus
from services.embed.reindexer import Reindexer

Step = Literal["switch", "confirm", "rollback", "cancel"]


def reindex_routes(reindexer: Reindexer) -> APIRouter:
    """The router."""
    router = APIRouter()
    steps: dict[Step, Callable[[], ReindexStatus]] = {
        "switch": reindexer.switch,
        "confirm": reindexer.confirm,
        "rollback": reindexer.rollback,
        "cancel": reindexer.cancel,
    }

    @router.get("/internal/reindex")
    def status() -> ReindexStatus:
        return reindexer.status()

    @router.post("/internal/reindex", status_code=202)
    def begin(request: ReindexRequest) -> ReindexStatus:
        return reindexer.begin(request)

    @router.post("/internal/reindex/{step}")
    def take(step: Step) -> ReindexStatus:
        return steps[step]()

    return router
