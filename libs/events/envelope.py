"""CloudEvents 1.0 in structured JSON: the outside of every message on Kafka.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

import datetime as dt
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.errors import InvalidInput
from libs.events.pointers import field_errors
from libs.events.report import Strict

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


class EventPayload(Strict):
    """Base of all event data. `TYPE` is the CloudEvents type; `report_id` is the message key."""

    TYPE: ClassVar[str]

    report_id: Annotated[str, Field(min_length=1, max_length=64)]


P = TypeVar("P", bound=EventPayload)
E = TypeVar("E", bound="Envelope")


class Envelope(BaseModel):
    """What all events have around their data.

    Unknown attributes are extensions and are allowed, as the standard says.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    type: Annotated[str, Field(min_length=1, max_length=200)]
    time: dt.datetime
    subject: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"


class CloudEvent(Envelope):
    """An event whose data is still to be read."""

    # NaN is no JSON: read again it must be refused, not be taken for null.
    model_config = ConfigDict(ser_json_inf_nan="constants")

    data: dict[str, object]


def encode(event: CloudEvent) -> bytes:
    """The event as UTF-8 JSON."""
    return event.model_dump_json(exclude_none=True).encode()


def decode(value: bytes) -> CloudEvent:
    """Read an envelope. Raises InvalidInput with the fields that are wrong."""
    try:
        return CloudEvent.model_validate_json(value, strict=True)
    except ValidationError as error:
        raise InvalidInput(
            "not a CloudEvent in structured JSON",
            code="invalid-envelope",
            errors=field_errors(error.errors()),  # type: ignore[arg-type]
        ) from error


def read_payload(event: CloudEvent, payload: type[P]) -> P:
    """The event's data as its model. Raises InvalidInput with the fields that are wrong."""
    if event.type != payload.TYPE:
        raise InvalidInput(
            f"expected type {payload.TYPE}, got {event.type}", code="unexpected-event-type"
        )
    try:
        return payload.model_validate(event.data)
    except ValidationError as error:
        raise invalid_data(payload.TYPE, error) from error


def read_event(event: CloudEvent, kind: type[E]) -> E:
    """The whole event as its model, by the letter of its JSON Schema: "5" is no number.

    Raises InvalidInput with the fields that are wrong.
    """
    try:
        return kind.model_validate_json(event.model_dump_json(), strict=True)
    except ValidationError as error:
        raise invalid_data(event.type, error) from error


def invalid_data(name: str, error: ValidationError) -> InvalidInput:
    """The error for an event of a known type that is not as its schema says."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return InvalidInput(
        f"this is not a {name} as published",
        code="invalid-event-data",
        errors=field_errors(found),  # type: ignore[arg-type]  # ErrorDetails is a TypedDict
    )
