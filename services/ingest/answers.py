"""What is answered of a report: its body, its entity tag, and when to look again."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fastapi import Response
from pydantic import BaseModel

from libs.events.report import Receipt
from services.ingest.entity_tags import content_tag, receipt_tag, unchanged

JSON: Final = "application/json"
# A two-page report can be found after about a second.
_LOOK_AGAIN: Final = {"retry-after": "1"}
# Kept by nobody without asking whether it is still so.
_ASK_FIRST: Final = {"cache-control": "private, no-cache"}
_REPLAYED: Final = {"idempotent-replayed": "true"}
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be kept and given again."""

    status: int
    headers: Mapping[str, str]
    body: str

    def replayed(self) -> "Answer":
        """The same, saying that it was given before."""
        return Answer(self.status, {**self.headers, **_REPLAYED}, self.body)

    def response(self) -> Response:
        """As a response."""
        return Response(self.body.encode(), self.status, dict(self.headers), JSON)


def receipt_answer(
    receipt: Receipt, *, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS
) -> Answer:
    """A receipt with its tag, and a hint when to look again while it is not final."""
    body = receipt.model_dump_json()
    tag = {"etag": receipt_tag(receipt, body.encode())}
    hint = {} if receipt.status.final else _LOOK_AGAIN
    return Answer(status, {**tag, **_ASK_FIRST, **hint, **headers}, body)


def submission_answer(receipt: Receipt, *, created: bool) -> Answer:
    """The answer to a submission: 202 for a new version, 200 where the same was there."""
    location = {"location": f"/v1/reports/{receipt.report_id}"}
    return receipt_answer(receipt, status=202 if created else 200, headers=location)


def told(answer: Answer, if_none_match: str | None) -> Response:
    """An answer to a reader: 304 where she has it already."""
    return _unless_known(answer.response(), answer.headers["etag"], if_none_match)


def model_told(model: BaseModel, if_none_match: str | None) -> Response:
    """A model as JSON, or 304."""
    body = model.model_dump_json().encode()
    return bytes_told(body, content_tag(body), JSON, if_none_match)


def bytes_told(
    body: bytes,
    tag: str,
    media_type: str,
    if_none_match: str | None,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Response:
    """A body with the tag it has, or 304."""
    whole = Response(body, 200, {"etag": tag, **_ASK_FIRST, **headers}, media_type)
    return _unless_known(whole, tag, if_none_match)


def _unless_known(whole: Response, tag: str, if_none_match: str | None) -> Response:
    if not unchanged(tag, if_none_match):
        return whole
    return Response(status_code=304, headers={"etag": tag, **_ASK_FIRST})
