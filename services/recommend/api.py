"""Recommend over HTTP."""

from fastapi import APIRouter

from libs.events.recommendation import RecommendationRequest, Recommendations
from services.recommend.recommender import Recommender


def routes(recommender: Recommender) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.post("/v1/recommendations")
    def recommend(request: RecommendationRequest) -> Recommendations:
        return recommender.recommend(request)

    return router
