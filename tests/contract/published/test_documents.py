"""The published contracts are valid documents, and what the code sends is as they say."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from libs.bus.record import record_of
from libs.events.envelope import EventPayload
from libs.events.feedback import Verdict
from libs.events.payloads import (
    FeedbackGiven,
    ReportAccepted,
    ReportIndexed,
    ReportRejected,
    ReportRemoved,
    ReportSubmitted,
    ReportWithdrawn,
)
from libs.events.report import Rejection
from libs.events.topics import TOPICS, topic_of

FOLDER = Path(__file__).parents[3] / "docs" / "contracts"
REPORT = "6f9619ff-8b86-5011-b42d-00cf4fc964ff"
REJECTION = Rejection(code="no-text", reason_en="No text.", reason_sv="Ingen text.", hint="Add it.")
EVENTS: list[EventPayload] = [
    ReportSubmitted(report_id=REPORT, version=1, partner="norr"),
    ReportAccepted(report_id=REPORT, version=1, partner="norr", digest="a" * 64, content_url="/x"),
    ReportIndexed(report_id=REPORT, version=1, passages=3, model="m"),
    ReportRejected(report_id=REPORT, version=1, stage="index", rejection=REJECTION),
    ReportWithdrawn(report_id=REPORT, version=1),
    ReportRemoved(report_id=REPORT, version=1),
    FeedbackGiven(
        report_id=REPORT, version=1, feedback_id="1", verdict=Verdict.TRIED, counted=True
    ),
]


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_bytes())
    return found


def test_openapi_is_valid() -> None:
    OpenAPIV31SpecValidator(document("openapi.json")).validate()


def test_every_error_is_documented_as_a_problem() -> None:
    for path, operations in document("openapi.json")["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    assert "application/problem+json" in response["content"], (path, method, status)


def test_there_is_an_event_of_every_topic() -> None:
    assert {topic_of(event) for event in EVENTS} == set(TOPICS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)
def test_what_is_sent_is_as_published(event: EventPayload) -> None:
    record = record_of(
        event, source="/navigator/test", clock=lambda: dt.datetime.now(dt.UTC), new_id=lambda: "1"
    )
    schema = document(f"schemas/{record.topic}.schema.json")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    message = json.loads(record.value)
    validator.validate(message)
    message["data"]["version"] = "first"
    assert not validator.is_valid(message)
