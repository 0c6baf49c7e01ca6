"""Reports near to a report, for the services that show them."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from libs.vectors.port import PassageIndex

Limit = Annotated[int, Query(ge=1, le=100)]


class SimilarReport(BaseModel):
    """A report; `similarity` is the inner product of the two reports' mean vectors."""

    report_id: str
    version: int
    title: str
    similarity: float


def similar_routes(current: Callable[[], PassageIndex]) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.get("/internal/reports/{report_id}/similar")
    def similar(report_id: str, limit: Limit = 10) -> list[SimilarReport]:
        return [
            SimilarReport(
                report_id=hit.report_id,
                version=hit.version,
                title=hit.title,
                similarity=hit.similarity,
            )
            for hit in current().similar_reports(report_id, limit=limit)
        ]

    return router
