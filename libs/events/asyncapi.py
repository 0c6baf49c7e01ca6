"""The event contract as published: one AsyncAPI 3 document, from the code.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from collections.abc import Iterator
from typing import Any

from libs.events.partner import PARTNER_EVENTS, REGION
from libs.events.partner_examples import EXAMPLES
from libs.events.partner_topics import PARTNER_ADDRESS, PARTNER_REPORTS
from libs.events.schemas import DEAD_LETTER_HEADERS, partner_schema_name, schema_name
from libs.events.topics import DEAD_LETTER_SUFFIX, TOPICS, Topic

Json = dict[str, Any]

CONTENT_TYPE = "application/cloudevents+json"
PARTNER_DEAD_LETTERS = PARTNER_REPORTS + DEAD_LETTER_SUFFIX
_PARTNER_KEY = {"type": "string", "description": "The report's external id, or its report id."}
_REGION = {
    "description": f"The partner's region, as Navigator's operators know it: {REGION}.",
    "examples": ["norrbotten"],
}
_SECURITY = {
    "scramSha512": {"type": "scramSha512", "description": "SASL/SCRAM over TLS."},
    "scramSha256": {"type": "scramSha256", "description": "SASL/SCRAM over TLS."},
    "plain": {"type": "plain", "description": "SASL/PLAIN over TLS."},
}


def asyncapi_document(version: str) -> Json:
    """The AsyncAPI 3 document of all topics; messages refer to the schema files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Navigator events",
            "version": version,
            "description": "CloudEvents 1.0 in structured JSON over Kafka. Message key: the "
            "report's id. What cannot be handled goes to the topic's name with .dlq behind it.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(),
        "channels": {topic.name: _channel(topic) for topic in TOPICS} | _partner_channels(),
        "operations": dict(_operations()),
        "components": {"securitySchemes": _SECURITY},
    }


def _servers() -> Json:
    return {
        "broker": {
            "host": "{bootstrap}",
            "protocol": "kafka-secure",
            "description": "The Kafka cluster of an installation. Its operators give partners "
            "the address, a user, and the right to write to their topic and to read from it and "
            "its dead letters.",
            "variables": {"bootstrap": {"default": "kafka.example.org:9093"}},
            "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
        },
        "embedded": {
            "host": "127.0.0.1:19092",
            "protocol": "kafka",
            "description": "The broker within `navigator up`, on one machine.",
        },
    }


def _channel(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "description": (topic.payload.__doc__ or "").strip(),
        "messages": {
            topic.payload.__name__: {
                "contentType": CONTENT_TYPE,
                "payload": {"$ref": f"./schemas/{schema_name(topic.name)}"},
                "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}}},
            }
        },
    }


def _partner_channels() -> Json:
    return {
        PARTNER_REPORTS: {
            "address": PARTNER_ADDRESS,
            "description": "A partner's own topic. What stands in it is taken in as if it had "
            "been sent by HTTP. Guide: docs/guides/partner-kafka.md.",
            "parameters": {"region": _REGION},
            "messages": {
                kind.__name__: {
                    "name": kind.TYPE,
                    "summary": (kind.__doc__ or "").strip(),
                    "contentType": CONTENT_TYPE,
                    "payload": {"$ref": f"./schemas/{partner_schema_name(kind)}"},
                    "bindings": {"kafka": {"key": _PARTNER_KEY}},
                    "examples": [
                        {"summary": summary, "payload": payload}
                        for summary, payload in EXAMPLES[kind.TYPE].items()
                    ],
                }
                for kind in PARTNER_EVENTS
            },
        },
        PARTNER_DEAD_LETTERS: {
            "address": PARTNER_ADDRESS + DEAD_LETTER_SUFFIX,
            "description": "What was not taken in from the partner's topic, and why. The dead "
            "letters of every other topic look the same.",
            "parameters": {"region": _REGION},
            "messages": {
                "DeadLetter": {
                    "summary": "The message as it was, its key and headers too; more headers say "
                    "what is wrong with it.",
                    "contentType": "application/octet-stream",
                    "headers": {"$ref": f"./schemas/{DEAD_LETTER_HEADERS}"},
                    "bindings": {"kafka": {"key": _PARTNER_KEY}},
                }
            },
        },
    }


def _operations() -> Iterator[tuple[str, Json]]:
    for topic in TOPICS:
        for service in topic.producers:
            yield _operation(service, "send", topic.name)
        for service in topic.consumers:
            yield _operation(service, "receive", topic.name)
    yield _operation("ingest", "receive", PARTNER_REPORTS)
    yield _operation("ingest", "send", PARTNER_DEAD_LETTERS)


def _operation(service: str, action: str, channel: str) -> tuple[str, Json]:
    reference = {"$ref": f"#/channels/{channel}"}
    return f"{service}.{action}.{channel}", {"action": action, "channel": reference}
