"""Feedback over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from libs.events.feedback import FeedbackReceipt, FeedbackRequest
from libs.events.headers import CLIENT_ADDRESS, IDEMPOTENCY_KEY, TENANT
from services.recommend.feedback.desk import FeedbackDesk
from services.recommend.feedback.scores import FeedbackPart, FeedbackScores
from services.recommend.feedback.voters import caller


def feedback_routes(desk: FeedbackDesk, scores: FeedbackScores) -> APIRouter:
    """The router. Who asks is the gateway's word, which does not pass on what is internal."""
    router = APIRouter()

    @router.post("/v1/feedback", status_code=202)
    def give(
        given: FeedbackRequest,
        response: Response,
        idempotency_key: Annotated[str | None, Header(pattern=IDEMPOTENCY_KEY)] = None,
        tenant: Annotated[str | None, Header(alias=TENANT, pattern=r"^[a-z0-9-]{1,64}$")] = None,
        address: Annotated[str | None, Header(alias=CLIENT_ADDRESS, max_length=64)] = None,
    ) -> FeedbackReceipt:
        key = idempotency_key.strip('"') if idempotency_key else None
        receipt, new = desk.give(given, caller(tenant, address), key)
        if not new:
            response.status_code = 200
        return receipt

    @router.get("/internal/feedback/{report_id}")
    def part(report_id: str) -> FeedbackPart:
        return scores.part(report_id)

    return router
