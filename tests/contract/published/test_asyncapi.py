"""The AsyncAPI document is one by AsyncAPI's own schema, and what it shows is so.

asyncapi-3.0.0.schema.json.gz is schemas/3.0.0.json of @asyncapi/specs 6.11.1 (Apache-2.0).
"""

import datetime as dt
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from libs.bus.dead_letter import Burial, dead_letter, without_value
from libs.bus.record import Received
from libs.bus.retry import Trouble
from libs.errors import FieldError, InvalidInput
from libs.events.asyncapi import asyncapi_document
from libs.events.envelope import decode
from libs.events.partner import read_partner_event
from libs.events.partner_examples import EXAMPLES
from libs.events.partner_topics import partner_topic
from libs.events.schemas import DEAD_LETTER_HEADERS, published_schemas
from libs.events.topics import TOPICS
from libs.telemetry import names

Json = dict[str, Any]

ASYNCAPI = Path(__file__).with_name("asyncapi-3.0.0.schema.json.gz")
NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
SCHEMAS = {published.name: published.schema for published in published_schemas()}


@pytest.fixture(scope="module")
def document() -> Json:
    return asyncapi_document("1.0.0")


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if "$ref" in value else []
    return own + [found for each in value.values() for found in references(each)]


def test_it_is_an_asyncapi_document(document: Json) -> None:
    validator = Draft7Validator(json.loads(gzip.decompress(ASYNCAPI.read_bytes())))
    assert [error.message for error in validator.iter_errors(document)] == []
    document["channels"]["partner.reports.v1"]["parameters"]["region"] = {"pattern": "x"}
    assert not validator.is_valid(document)


def test_every_reference_leads_somewhere(document: Json) -> None:
    found = references(document)
    assert {each.removeprefix("./schemas/") for each in found if each.startswith("./")} == set(
        SCHEMAS
    )
    for pointer in (each for each in found if each.startswith("#/")):
        place: Any = document
        for part in pointer.removeprefix("#/").split("/"):
            place = place[part]


def test_every_topic_is_there_and_the_partners_with_their_dead_letters(document: Json) -> None:
    addresses = {channel["address"] for channel in document["channels"].values()}
    partners = {"partner.{region}.reports.v1", "partner.{region}.reports.v1.dlq"}
    assert addresses == {topic.name for topic in TOPICS} | partners
    assert document["operations"]["ingest.receive.partner.reports.v1"]["action"] == "receive"


@pytest.mark.parametrize(
    ("kind", "summary"), [(kind, summary) for kind, found in EXAMPLES.items() for summary in found]
)
def test_the_examples_are_taken(kind: str, summary: str) -> None:
    example = EXAMPLES[kind][summary]
    name = f"partner.reports.v1.{kind.removeprefix('report.')}.schema.json"
    Draft202012Validator(SCHEMAS[name]).validate(example)
    assert read_partner_event(decode(json.dumps(example).encode())).type == kind


def letter_headers(*, left_out: bool) -> dict[str, str]:
    message = Received(partner_topic("norr"), 3, 41, "k", b"{}", (("mine", b"kept"),))
    error = InvalidInput("no", errors=(FieldError("/data/title", "Field required"),))
    letter = dead_letter(message, Burial("ingest-partners", error, Trouble(NOON, 1), NOON))
    letter = without_value(letter) if left_out else letter
    return {name: value.decode() for name, value in letter.headers}


@pytest.mark.parametrize("left_out", [False, True])
def test_dead_letters_have_the_headers_that_are_published(*, left_out: bool) -> None:
    headers = letter_headers(left_out=left_out)
    schema = SCHEMAS[DEAD_LETTER_HEADERS]
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        headers
    )
    ours = {name for name in headers if name.startswith(names.DEAD_LETTER_PREFIX)}
    assert ours == set(schema["properties"] if left_out else schema["required"])


def test_the_partners_guide_is_where_the_document_says(document: Json) -> None:
    told = document["channels"]["partner.reports.v1"]["description"]
    guide = re.search(r"docs/\S+\.md", told)
    assert guide
    assert (Path(__file__).parents[3] / guide[0]).is_file()
