"""The public OpenAPI document: FastAPI's, plus the models of bodies that are passed on unread."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from libs.events.bulk import Answer, LastLine
from libs.events.feedback import FeedbackRequest
from libs.events.recommendation import RecommendationRequest
from libs.events.report import MAX_DOCUMENTS, ReportMetadata, ReportSubmission
from libs.events.search import PeersRequest, SearchRequest
from libs.events.tables import TableDefaults, TableMapping
from libs.events.webhook import WebhookChange, WebhookRegistration

REF = "#/components/schemas/{model}"


class ProblemField(BaseModel):
    """One wrong field."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An error as RFC 9457 describes it, with a stable code and the trace to quote to operators."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    retryable: bool
    trace_id: str | None
    errors: list[ProblemField] = []


SUBMISSION_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": REF.format(model="ReportSubmission")},
                "example": {
                    "external_id": "lycksele-2021-04",
                    "title": "Unga tillbaka",
                    "language": "sv",
                    "text": "Vi sökte upp unga som varken arbetade eller studerade.",
                },
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["document"],
                    "properties": {
                        "document": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MAX_DOCUMENTS,
                            "description": "PDF, DOCX, HTML, Markdown or plain text. A report "
                            "may be in several, the report itself first: each is a part of this "
                            "name.",
                        },
                        "metadata": {"$ref": REF.format(model="ReportMetadata")},
                    },
                }
            },
        },
    }
}


def json_body(model: str) -> dict[str, Any]:
    """Document a body that is passed on unread: JSON of a model named in this file."""
    content = {"application/json": {"schema": {"$ref": REF.format(model=model)}}}
    return {"requestBody": {"required": True, "content": content}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document these statuses as problems, and 400, which any request may get."""
    content = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    described = {
        400: "A request that cannot be read, such as a broken form",
        404: "No such report",
        409: "It contradicts what is there or under way; `detail` says how",
        410: "Withdrawn",
        412: "It is not as If-Match or If-None-Match wants it",
        413: "Over the size limit",
        415: "A content type that is not taken, or a body that is not what it says it is",
        422: "A wrong value; `errors` name the fields",
        429: "Too many at once; try again after `Retry-After` seconds",
        503: "A service behind does not answer; try again",
    }
    return {s: {"description": described[s], "content": content} for s in (400, *statuses)}


def answers(
    described: Mapping[int, tuple[str, Mapping[str, str]]], model: type[BaseModel]
) -> dict[int | str, dict[str, Any]]:
    """Document answers of one model: what each status means, and its headers."""
    return {
        status: {"model": model, "description": description, "headers": _headers(headers)}
        for status, (description, headers) in described.items()
    }


def _headers(described: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: {"description": description, "schema": {"type": "string"}}
        for name, description in described.items()
    }


NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": _headers({"ETag": "Give it as If-None-Match the next time."})},
    304: {"description": "It is as the caller knows it", "headers": _headers({"ETag": "As given"})},
}
ORIGINAL: Final[dict[int | str, dict[str, Any]]] = NOT_MODIFIED | {
    200: NOT_MODIFIED[200]
    | {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
}


def with_passed_on_models(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """A replacement for `app.openapi` that knows the models named in this file."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        _, extra = models_json_schema(
            [
                (ReportSubmission, "validation"),
                (ReportMetadata, "validation"),
                (RecommendationRequest, "validation"),
                (SearchRequest, "validation"),
                (PeersRequest, "validation"),
                (FeedbackRequest, "validation"),
                (WebhookRegistration, "validation"),
                (WebhookChange, "validation"),
                (TableMapping, "validation"),
                (TableDefaults, "validation"),
                (Answer, "serialization"),
                (LastLine, "serialization"),
                (Problem, "validation"),
            ],
            ref_template=REF,
        )
        for name, schema in extra["$defs"].items():
            schemas.setdefault(name, schema)
        return document

    return openapi
