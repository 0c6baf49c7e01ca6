"""Whatever is sent is answered; and what is sent twice changes nothing the second time."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from libs.database.engine import Database
from libs.events.listing import ListQuery
from libs.events.report import ReportMetadata, ReportSubmission
from libs.runtime.paths import path_segment
from services.ingest.tables import ReportRow, StatusRow, VersionRow
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage

_partners = (f"partner-{number}" for number in itertools.count())

some = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Of those who send twenty requests each.
few = settings(some, max_examples=20)


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)
valid = st.fixed_dictionaries(
    {
        "title": st.text(min_size=1, max_size=40).filter(str.strip),
        "text": st.text(min_size=1, max_size=80).filter(str.strip),
    },
    optional={
        "external_id": st.text(min_size=1, max_size=20),
        "language": st.sampled_from(["sv", "sv-FI", "et"]),
        "places": st.lists(
            st.fixed_dictionaries({"country": st.sampled_from(["SE", "FI"])}), max_size=2
        ),
        "themes": st.lists(st.sampled_from(["mental-health", "unknown"]), max_size=2),
        "results": st.lists(
            st.fixed_dictionaries({"value": st.floats() | st.text(max_size=5)}), max_size=2
        ),
        "budget": st.fixed_dictionaries({"amount": st.floats(), "currency": st.just("EUR")}),
    },
)
fields = st.sampled_from([*ReportSubmission.model_fields, "unknown", "a/b~c"])
spoilt = st.builds(
    lambda report, more: report | more, valid, st.dictionaries(fields, json_values, max_size=3)
)
bodies = (valid | spoilt | json_values).map(lambda value: json.dumps(value).encode()) | st.binary(
    max_size=60
)
header_values = st.binary(max_size=30).filter(lambda value: not set(value) & set(b"\r\n\x00"))
headers = st.lists(
    st.tuples(
        st.sampled_from([b"idempotency-key", b"if-match", b"if-none-match"]),
        header_values | st.sampled_from([b"*", b'"1.a"', b'W/"1.a", "2"', b"key"]),
    ),
    max_size=3,
)
content_types = st.sampled_from([b"application/json", b"application/json; charset=utf-8"])


def assert_told(answer: httpx.Response, *well: int) -> None:
    """Either it went well, or a problem says what to do. A bug would have been raised."""
    if answer.status_code in well:
        return
    assert answer.status_code in {409, 412, 413, 415, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    for error in problem.get("errors", []):
        assert error["pointer"] == "" or error["pointer"].startswith("/")
        assert error["detail"]


def is_new(answer: httpx.Response) -> bool:
    """True for a new version; an answer that is given again may tell of one long withdrawn."""
    return answer.status_code == 202 and "idempotent-replayed" not in answer.headers


@given(body=bodies, content_type=content_types, more=headers)
@some
def test_any_body_is_answered(
    stage: Stage, body: bytes, content_type: bytes, more: list[tuple[bytes, bytes]]
) -> None:
    sent = [(b"content-type", content_type), *more]
    answer = ask(stage, "POST", "/v1/reports", content=body, headers=sent)
    assert_told(answer, 200, 202)
    if is_new(answer):
        receipt = ask(stage, "GET", answer.headers["location"])
        assert receipt.json() == answer.json()


@given(
    external_id=st.text(max_size=30).filter(lambda text: text not in {"", "/"}),
    report=valid | spoilt,
    more=headers,
)
@some
def test_any_name_is_answered_and_is_the_same_everywhere(
    stage: Stage, external_id: str, report: dict[str, Any], more: list[tuple[bytes, bytes]]
) -> None:
    path = f"/v1/sources/s/reports/{path_segment(external_id)}"
    answer = ask(stage, "PUT", path, json=_finite(report), headers=more)
    assert_told(answer, 200, 202)
    if is_new(answer):
        assert answer.json()["links"]["external"] == (
            f"/v1/sources/s/reports/{path_segment(answer.json()['external_id'])}"
        )
        assert ask(stage, "GET", path).json() == answer.json()
        assert_told(ask(stage, "DELETE", path), 200)
        assert ask(stage, "GET", path).status_code == 410


@given(
    document=st.binary(max_size=80) | st.text(min_size=1, max_size=80).map(str.encode),
    filename=st.text(max_size=20),
    media_type=st.sampled_from(["text/plain", "application/pdf", "text/html", "x", ""]),
    metadata=spoilt.map(lambda report: {k: v for k, v in report.items() if k != "text"})
    | json_values,
)
@some
def test_any_form_is_answered(
    stage: Stage, document: bytes, filename: str, media_type: str, metadata: Any
) -> None:
    files = {
        "document": (filename, document, media_type),
        "metadata": (None, json.dumps(metadata).encode()),
    }
    assert_told(ask(stage, "POST", "/v1/reports", files=files), 200, 202)


@given(
    wanted=st.dictionaries(
        st.sampled_from([*ListQuery.model_fields, "unknown"]),
        st.text(max_size=20)
        | st.sampled_from(["accepted", "sv", "SE", "1", "2026-05-04T12:00:00Z", "%", "_"])
        | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
        max_size=4,
    )
)
@some
def test_any_question_is_answered(stage: Stage, wanted: dict[str, str]) -> None:
    assert_told(ask(stage, "GET", "/v1/reports", params=wanted), 200)


@dataclass(frozen=True)
class Operation:
    """Something a partner does to one of two reports."""

    method: str
    external_id: str
    text: str = ""

    def carry_out(self, stage: Stage, partner: str, key: str | None = None) -> httpx.Response:
        """Send it."""
        sent = {"x-navigator-partner": partner} | ({"idempotency-key": key} if key else {})
        path = f"/v1/sources/s/reports/{self.external_id}"
        body = {"title": "T", "text": self.text}
        if self.method == "POST":
            path = "/v1/reports"
            body |= {"source": "s", "external_id": self.external_id}
        more: dict[str, Any] = {} if self.method == "DELETE" else {"json": body}
        return ask(stage, self.method, path, headers=sent, **more)


names = st.sampled_from(["1", "2"])
texts = st.sampled_from(["a", "b"])
operations = st.lists(
    st.builds(Operation, st.sampled_from(["PUT", "POST"]), names, texts)
    | st.builds(Operation, st.just("DELETE"), names),
    max_size=8,
)


def state(stage: Stage, partner: str) -> list[Sequence[object]]:
    """Every version and every step of a partner's reports."""
    with stage.database.read() as session:
        versions = session.execute(
            select(ReportRow.external_id, VersionRow.version, VersionRow.digest, VersionRow.status)
            .join(VersionRow, VersionRow.report_id == ReportRow.id)
            .where(ReportRow.partner == partner)
            .order_by(ReportRow.external_id, VersionRow.version)
        ).all()
        steps = session.execute(
            select(ReportRow.external_id, StatusRow.seq, StatusRow.version, StatusRow.status)
            .join(StatusRow, StatusRow.report_id == ReportRow.id)
            .where(ReportRow.partner == partner)
            .order_by(ReportRow.external_id, StatusRow.seq)
        ).all()
    return [tuple(row) for row in (*versions, *steps)]


@given(sequence=operations)
@few
def test_each_sent_twice_is_as_each_sent_once(stage: Stage, sequence: list[Operation]) -> None:
    once, twice = next(_partners), next(_partners)
    for operation in sequence:
        operation.carry_out(stage, once)
        first = operation.carry_out(stage, twice)
        again = operation.carry_out(stage, twice)
        # 202 the first time and 200 the second, or the same both times.
        assert again.status_code in {200, first.status_code}
    assert state(stage, twice) == state(stage, once)


@given(sequence=operations, order=st.randoms(use_true_random=False))
@few
def test_under_keys_all_of_it_may_be_sent_again(
    stage: Stage, sequence: list[Operation], order: Any
) -> None:
    partner = next(_partners)
    keyed = [(operation, f"key-{number}") for number, operation in enumerate(sequence)]
    answers = {key: operation.carry_out(stage, partner, key) for operation, key in keyed}
    before = state(stage, partner)
    order.shuffle(keyed)
    for operation, key in keyed:
        if answers[key].status_code >= 400:
            continue
        again = operation.carry_out(stage, partner, key)
        assert again.headers["idempotent-replayed"] == "true"
        assert again.status_code == answers[key].status_code
        assert again.content == answers[key].content
        assert again.headers["etag"] == answers[key].headers["etag"]
    assert state(stage, partner) == before


@given(report=valid)
@some
def test_a_report_is_read_back_as_it_was_handed_over(stage: Stage, report: dict[str, Any]) -> None:
    answer = ask(stage, "POST", "/v1/reports", json=_finite(report))
    assert_told(answer, 200, 202)
    if answer.status_code != 202:
        return
    with stage.database.read() as session:
        kept = session.get_one(VersionRow, (answer.json()["report_id"], answer.json()["version"]))
    assert ReportSubmission.model_validate(kept.submission) == ReportSubmission.model_validate_json(
        json.dumps(_finite(report))
    )
    assert set(kept.submission) <= set(ReportMetadata.model_fields) | {"text", "sections"}


def _finite(value: Any) -> Any:
    # What is no JSON is sent by test_any_body_is_answered; httpx refuses to write it.
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return value
