"""Recommend over HTTP."""

from fastapi import APIRouter, Response
from starlette.background import BackgroundTask

from libs.events.recommendation import RecommendationRequest, Recommendations
from services.recommend.recommender import Recommender


def routes(recommender: Recommender) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.post("/v1/recommendations", response_model=Recommendations)
    def recommend(request: RecommendationRequest) -> Response:
        answer = recommender.recommend(request)
        after = BackgroundTask(answer.afterwards) if answer.afterwards else None
        return Response(answer.json(), media_type="application/json", background=after)

    return router
