"""Unmet needs over HTTP: to everybody without their words, to operators with them."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.events.unmet import ToldPage, UnmetNeed, UnmetPage, UnmetQuery
from libs.runtime.http import answer_head
from services.recommend.unmet.needs import UnmetNeeds


def unmet_routes(needs: UnmetNeeds) -> APIRouter:
    """The router. What is internal is not passed on by the gateway."""
    router = APIRouter()

    @router.get("/v1/unmet-needs")
    def without_words(wanted: Annotated[UnmetQuery, Query()]) -> UnmetPage:
        page = needs.page(wanted)
        hidden = {"text", "size_class"}
        items = tuple(UnmetNeed(**need.model_dump(exclude=hidden)) for need in page.items)
        return UnmetPage(items=items, next=page.next)

    @router.get("/internal/unmet-needs")
    def with_words(wanted: Annotated[UnmetQuery, Query()]) -> ToldPage:
        return needs.page(wanted)

    return answer_head(router)
