"""What officers say of their answers, and what nothing was found for: carried out by recommend."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from libs.events.feedback import FeedbackReceipt
from libs.events.headers import IDEMPOTENCY_KEY
from libs.events.unmet import UnmetPage, UnmetQuery
from libs.runtime.http import answer_head
from services.gateway.forwarding import Forwarder
from services.gateway.openapi import answers, json_body, problems

Key = Annotated[
    str | None,
    Header(pattern=IDEMPOTENCY_KEY, description="A request that is sent again is done once."),
]


# What stands in headers is documented here and read by recommend.
def feedback_routes(recommend: Forwarder) -> APIRouter:
    """The routes. `recommend` tells the caller's address, by which voters are told apart."""
    router = APIRouter()

    @router.post(
        "/v1/feedback",
        tags=["officers"],
        summary="Say of a card that it was useful, was tried, or is beside the point",
        status_code=202,
        responses=answers(
            {
                202: ("Recorded", {}),
                200: ("You have said so before; this is what stands in the record", {}),
            },
            FeedbackReceipt,
        )
        | problems(404, 413, 422, 429, 503),
        openapi_extra=json_body("FeedbackRequest"),
    )
    async def give(
        request: Request,
        idempotency_key: Key = None,  # noqa: ARG001
    ) -> Response:
        """One verdict of each kind on a report counts for each caller.

        Nothing is kept by which you could be found: callers without a credential are told apart
        by a hash of the day.
        """
        return await recommend.forward(request)

    @router.get(
        "/v1/unmet-needs",
        tags=["operators"],
        summary="What people asked for and nothing was found",
        response_model=UnmetPage,
        responses=problems(422, 503),
    )
    async def unmet_needs(
        request: Request,
        query: Annotated[UnmetQuery, Query()],  # noqa: ARG001
    ) -> Response:
        """One for each challenge and day, without its words: they might tell who asked.

        Those who run Navigator read them with `navigator unmet`.
        """
        return await recommend.forward(request)

    return answer_head(router)
