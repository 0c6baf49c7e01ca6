"""The JSON Schemas that are published, made from the models."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from libs.events.compatibility import Promises
from libs.events.dead_letters import DeadLetterHeaders
from libs.events.envelope import CloudEvent, EventPayload
from libs.events.partner import PARTNER_EVENTS, RULES, PartnerEvent
from libs.events.partner_topics import PARTNER_REPORTS
from libs.events.topics import TOPICS

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SUFFIX = ".schema.json"
DEAD_LETTER_HEADERS = f"dead-letter.headers{SUFFIX}"


@dataclass(frozen=True, slots=True)
class PublishedSchema:
    """A schema with its file name, and what we promise of it."""

    name: str
    schema: Json
    promises: Promises


def published_schemas() -> Iterator[PublishedSchema]:
    """All of them."""
    for topic in TOPICS:
        promises = Promises(read_here=True, written_here=True)
        yield PublishedSchema(schema_name(topic.name), event_schema(topic.payload), promises)
    for kind in PARTNER_EVENTS:
        promises = Promises(read_here=True, written_here=False)
        yield PublishedSchema(partner_schema_name(kind), partner_schema(kind), promises)
    headers = {"$schema": DIALECT, **DeadLetterHeaders.model_json_schema()}
    promises = Promises(read_here=False, written_here=True)
    yield PublishedSchema(DEAD_LETTER_HEADERS, headers, promises)


def schema_name(topic: str) -> str:
    """File name of a topic's message schema."""
    return topic + SUFFIX


def partner_schema_name(kind: type[PartnerEvent]) -> str:
    """File name of the schema of one kind of partners' events."""
    return schema_name(f"{PARTNER_REPORTS}.{kind.TYPE.removeprefix('report.')}")


def event_schema(payload: type[EventPayload]) -> Json:
    """JSON Schema of a whole message: the CloudEvents envelope with this data in it."""
    data = payload.model_json_schema(ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    envelope = CloudEvent.model_json_schema(ref_template="#/$defs/{model}")
    envelope["properties"]["type"] = {"const": payload.TYPE}
    envelope["properties"]["data"] = data
    return {
        "$schema": DIALECT,
        "title": payload.TYPE,
        "description": (payload.__doc__ or "").strip(),
        **{key: envelope[key] for key in ("type", "properties", "required")},
        "$defs": definitions,
    }


def partner_schema(kind: type[PartnerEvent]) -> Json:
    """JSON Schema of a whole message that a partner sends."""
    return {
        "$schema": DIALECT,
        **kind.model_json_schema(),
        "title": kind.TYPE,
        "description": f"{(kind.__doc__ or '').strip()} {RULES}",
    }
