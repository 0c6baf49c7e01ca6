"""Handing over, finding again and withdrawing: documented here, carried out by ingest."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response

from libs.events.headers import ENTITY_TAGS, IDEMPOTENCY_KEY
from libs.events.listing import ListQuery, PageQuery, ReportPage, VersionPage
from libs.events.report import Line, Receipt, SourceName
from libs.runtime.http import answer_head
from libs.runtime.paths import NAMED_REPORT, register_any_text
from services.gateway.forwarding import Forwarder
from services.gateway.openapi import NOT_MODIFIED, SUBMISSION_BODY, answers, problems

# What stands in these is documented here and read by ingest.
ReportId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", description="From `Location`.")]
Source = Annotated[
    SourceName, Path(description="Your name of the system that the report comes from.")
]
ExternalId = Annotated[
    Line,
    Path(description="Your own id in that system, as one segment: `/` is %2F, a lone `.` is %2E."),
]
Key = Annotated[
    str | None,
    Header(
        description="Up to 255 visible ASCII characters of your own, new for each request. Sent "
        "again with the same content it gets the first answer again, with `Idempotent-Replayed`.",
        pattern=IDEMPOTENCY_KEY,
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        description="An `ETag` of the receipt: only if no version came in and nothing was "
        "withdrawn since. The platform's own progress does not count. `*`: only if it is there.",
        pattern=ENTITY_TAGS,
    ),
]
IfNoneMatch = Annotated[
    str | None, Header(description="`*`: only if it is not there.", pattern=ENTITY_TAGS)
]
# As large as an INTEGER of PostgreSQL.
DocumentVersion = Annotated[
    int | None,
    Query(
        ge=1,
        le=2**31 - 1,
        description="The report's version whose document it is, as `documents` link to it; "
        "without it the newest.",
    ),
]
Known = Annotated[
    str | None, Header(description="An `ETag`: 304 if it still is so.", pattern=ENTITY_TAGS)
]

_ETAG: Final = {"ETag": "Of the receipt as it is now; see If-Match and If-None-Match."}
_LATER: Final = {"Retry-After": "While it is not final: look again after so many seconds."}
_REPLAYED: Final = {"Idempotent-Replayed": "`true` where an answer is given again."}
_LOCATION: Final = {"Location": "Where the receipt is."}
_HANDED_OVER: Final[dict[int | str, dict[str, Any]]] = answers(
    {
        202: ("A new version is taken in", _LOCATION | _ETAG | _LATER | _REPLAYED),
        200: ("The same was there already", _LOCATION | _ETAG | _LATER | _REPLAYED),
    },
    Receipt,
)
_WITHDRAWN: Final = answers({200: ("Withdrawn, now or before", _ETAG | _REPLAYED)}, Receipt)
_NEXT: Final = {"Link": 'The page behind, `rel="next"`, where there is one.'}


def intake_routes(ingest: Forwarder) -> APIRouter:
    """The routes of partners who hand over, list and withdraw."""
    register_any_text()
    router = APIRouter(tags=["partners"])
    _add_unnamed(router, ingest)
    _add_named(router, ingest)
    _add_lists(router, ingest)
    return answer_head(router)


def _add_unnamed(router: APIRouter, ingest: Forwarder) -> None:
    @router.post(
        "/v1/reports",
        summary="Hand over a report",
        status_code=202,
        response_model=Receipt,
        responses=problems(409, 412, 413, 415, 422, 503) | _HANDED_OVER,
        openapi_extra=SUBMISSION_BODY,
    )
    async def submit(
        request: Request,
        idempotency_key: Key = None,  # noqa: ARG001 - documented here, read by ingest
        if_match: IfMatch = None,  # noqa: ARG001 - the same
        if_none_match: IfNoneMatch = None,  # noqa: ARG001 - the same
    ) -> Response:
        """As JSON, or as a file with metadata beside it. Follow it at the `Location`."""
        return await ingest.forward(request)

    @router.delete(
        "/v1/reports/{report_id}",
        summary="Withdraw a report",
        response_model=Receipt,
        responses=problems(404, 409, 412, 422, 503) | _WITHDRAWN,
    )
    async def withdraw(
        request: Request,
        report_id: ReportId,  # noqa: ARG001 - the same
        idempotency_key: Key = None,  # noqa: ARG001 - the same
        if_match: IfMatch = None,  # noqa: ARG001 - the same
    ) -> Response:
        """Its text can be read no more (410) and is found no more; its receipt stays."""
        return await ingest.forward(request)


def _add_named(router: APIRouter, ingest: Forwarder) -> None:
    @router.put(
        NAMED_REPORT,
        summary="Hand over a report under your own name for it",
        status_code=202,
        response_model=Receipt,
        responses=problems(409, 412, 413, 415, 422, 503) | _HANDED_OVER,
        openapi_extra=SUBMISSION_BODY,
    )
    async def put(
        request: Request,
        source: Source,  # noqa: ARG001 - documented here, read by ingest
        external_id: ExternalId,  # noqa: ARG001 - the same
        idempotency_key: Key = None,  # noqa: ARG001 - the same
        if_match: IfMatch = None,  # noqa: ARG001 - the same
        if_none_match: IfNoneMatch = None,  # noqa: ARG001 - the same
    ) -> Response:
        """The first is version 1, a changed one the next, an unchanged one changes nothing."""
        return await ingest.forward(request)

    @router.get(
        NAMED_REPORT,
        summary="The receipt of a report by your own name for it",
        response_model=Receipt,
        responses=problems(404, 410, 422, 503) | NOT_MODIFIED,
    )
    async def read(
        request: Request,
        source: Source,  # noqa: ARG001 - documented here, read by ingest
        external_id: ExternalId,  # noqa: ARG001 - the same
        if_none_match: Known = None,  # noqa: ARG001 - the same
    ) -> Response:
        """`links` says where its content, its original and its history are. 410 once withdrawn."""
        return await ingest.forward(request)

    @router.delete(
        NAMED_REPORT,
        summary="Withdraw a report by your own name for it",
        response_model=Receipt,
        responses=problems(404, 409, 412, 422, 503) | _WITHDRAWN,
    )
    async def withdraw(
        request: Request,
        source: Source,  # noqa: ARG001 - documented here, read by ingest
        external_id: ExternalId,  # noqa: ARG001 - the same
        idempotency_key: Key = None,  # noqa: ARG001 - the same
        if_match: IfMatch = None,  # noqa: ARG001 - the same
    ) -> Response:
        """As by its id."""
        return await ingest.forward(request)


def _add_lists(router: APIRouter, ingest: Forwarder) -> None:
    @router.get(
        "/v1/reports",
        summary="List reports in order of arrival, or follow what changes",
        response_model=ReportPage,
        responses=problems(422, 503) | answers({200: ("A page", _NEXT)}, ReportPage),
    )
    async def list_reports(
        request: Request,
        wanted: Annotated[ListQuery, Query()],  # noqa: ARG001 - documented here, read by ingest
    ) -> Response:
        """`next` of a page is the `cursor` of the one behind it. Receipts are without history.

        With `updated_since` it is a feed in order of the last change. Withdrawn reports are in
        it, and what changes meanwhile comes again further on, so nothing is missed. On
        PostgreSQL a change is in it two seconds after it was made.
        """
        return await ingest.forward(request)

    @router.get(
        "/v1/reports/{report_id}/versions",
        summary="A report's versions, newest first",
        response_model=VersionPage,
        responses=problems(404, 422, 503) | answers({200: ("A page", _NEXT)}, VersionPage),
    )
    async def versions(
        request: Request,
        report_id: ReportId,  # noqa: ARG001 - documented here, read by ingest
        wanted: Annotated[PageQuery, Query()],  # noqa: ARG001 - the same
    ) -> Response:
        """What was handed over when, and what became of it."""
        return await ingest.forward(request)
