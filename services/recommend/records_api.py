"""How many records are kept, for operators and for who measures."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.recommend.records import ReportRecords
from services.recommend.warming import RecordWarmer


class RecordsKept(BaseModel):
    """`size` is in bytes; `warm` once no more are to be asked for before questions need them."""

    model_config = ConfigDict(frozen=True)

    records: int
    size: int
    warm: bool


def records_routes(records: ReportRecords, warmer: RecordWarmer) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.get("/internal/records")
    def kept() -> RecordsKept:
        return RecordsKept(records=records.count, size=records.size, warm=warmer.idle)

    return router
