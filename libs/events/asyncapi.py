"""The event contract as published: JSON Schemas and one AsyncAPI 3 document, from the code.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from typing import Any

from libs.events.envelope import CloudEvent, EventPayload
from libs.events.topics import TOPICS, Topic

Json = dict[str, Any]


def event_schema(payload: type[EventPayload]) -> Json:
    """JSON Schema of a whole message: the CloudEvents envelope with this data in it."""
    data = payload.model_json_schema(ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    envelope = CloudEvent.model_json_schema(ref_template="#/$defs/{model}")
    envelope["properties"]["type"] = {"const": payload.TYPE}
    envelope["properties"]["data"] = data
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": payload.TYPE,
        "description": (payload.__doc__ or "").strip(),
        **{key: envelope[key] for key in ("type", "properties", "required")},
        "$defs": definitions,
    }


def schema_name(topic: Topic) -> str:
    """File name of a topic's message schema."""
    return f"{topic.name}.schema.json"


def asyncapi_document(version: str) -> Json:
    """The AsyncAPI 3 document of all topics; messages refer to the schema files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Navigator events",
            "version": version,
            "description": "CloudEvents 1.0 in structured JSON over Kafka. Message key: the "
            "report's id. What cannot be handled goes to the topic's name with .dlq behind it.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            f"{service}.{action}.{topic.name}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.name}"},
            }
            for topic in TOPICS
            for action, services in (("send", topic.producers), ("receive", topic.consumers))
            for service in services
        },
    }


def _channel(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "description": (topic.payload.__doc__ or "").strip(),
        "messages": {
            topic.payload.__name__: {
                "contentType": "application/cloudevents+json",
                "payload": {"$ref": f"./schemas/{schema_name(topic)}"},
                "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}}},
            }
        },
    }
