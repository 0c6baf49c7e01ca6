"""The account in the public API: documented here, carried out by ingest."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from libs.events.account import IntakeAccount
from services.gateway.forwarding import Forwarder
from services.gateway.openapi import problems

FirstDay = Annotated[dt.date | None, Query(alias="from", description="First day, in UTC.")]
LastDay = Annotated[dt.date | None, Query(alias="to", description="Last day, in UTC.")]
Check = Annotated[bool, Query(description="Compare with the vector collection, too.")]


def account_routes(ingest: Forwarder) -> APIRouter:
    """The routes of those who want to see that nothing was lost."""
    router = APIRouter()

    @router.get(
        "/v1/accounts/intake",
        tags=["operators", "partners"],
        summary="Every accepted report accounted for, by partner and day",
        response_model=IntakeAccount,
        responses=problems(422, 503),
    )
    # Documented here and read by ingest.
    async def intake_account(
        request: Request,
        *,
        partner: Annotated[str | None, Query(pattern=r"^[a-z0-9-]{1,64}$")] = None,  # noqa: ARG001
        first: FirstDay = None,  # noqa: ARG001
        last: LastDay = None,  # noqa: ARG001
        check: Check = True,  # noqa: ARG001
    ) -> Response:
        """Accepted is indexed + rejected + in progress + withdrawn + superseded, in versions.

        `collection` compares the indexed versions with the passages that are really there.
        """
        return await ingest.forward(request)

    return router
