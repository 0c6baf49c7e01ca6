"""A stream of reports: each line is taken in or refused for itself, and told of in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.database.engine import Database
from services.ingest.bulk_api import PATH
from tests.integration.ingest.many import MAX_LINE, an_app, post, stream
from tests.integration.ingest.stage import Stage, sent

HEADERS = [(b"content-type", b"application/x-ndjson")]


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def line(number: int, **more: Any) -> bytes:
    report = {"external_id": str(number), "title": f"Rapport {number}", "text": "En text."}
    return json.dumps(report | more).encode() + b"\n"


def test_each_line_is_answered_in_order_and_a_bad_one_stops_nothing(stage: Stage) -> None:
    body = b"".join(
        [
            line(1),
            b"not json\n",
            b"\n",
            b"   \r\n",
            line(2),
            b"\xff\xfe\x00\n",
            line(3, title="x" * MAX_LINE),
            line(4, colour="red"),
            line(1),
            b"[]\n",
            line(1, text="Nytt."),
            line(5).rstrip(b"\n"),
        ]
    )
    *told, last = stream(an_app(stage), body)
    assert [answer["line"] for answer in told] == list(range(1, 13))
    assert [answer["status"] for answer in told] == [
        202, 422, 422, 422, 202, 422, 413, 422, 200, 422, 202, 202,
    ]  # fmt: skip
    assert told[0]["location"] == f"/v1/reports/{told[0]['report_id']}"
    assert told[8]["report_id"] == told[0]["report_id"]
    assert (told[10]["version"], told[10]["external_id"]) == (2, "1")
    problem = told[7]["problem"]
    assert problem["code"] == "invalid-input"
    assert problem["errors"][0]["pointer"] == "/colour"
    assert "blank" in told[2]["problem"]["detail"]
    assert "NAVIGATOR_MAX_BODY_BYTES" in told[6]["problem"]["detail"]
    assert last == {"summary": {"received": 12, "accepted": 4, "unchanged": 1, "refused": 7}}
    assert len(sent(stage)) == 4


def test_lines_may_come_in_any_pieces(stage: Stage) -> None:
    body = b"".join(line(number) for number in range(20))

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 7):
            yield body[at : at + 7]

    *told, last = stream(an_app(stage), pieces())
    assert [answer["status"] for answer in told] == [202] * 20
    assert last["summary"]["accepted"] == 20


def test_an_empty_stream_has_a_summary(stage: Stage) -> None:
    assert stream(an_app(stage), b"") == [
        {"summary": {"received": 0, "accepted": 0, "unchanged": 0, "refused": 0}}
    ]


def talk(app: Any, *, leaves: bool) -> list[dict[str, Any]]:
    """A caller who sends the second line when the first is answered, and then ends or leaves."""
    told: list[dict[str, Any]] = []
    answered = asyncio.Event()
    asked = 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if asked == 1:
            return {"type": "http.request", "body": line(1), "more_body": True}
        await answered.wait()
        if asked == 2:
            half = line(2) + line(3)[:20]
            return {"type": "http.request", "body": half, "more_body": True}
        if leaves:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            told.extend(json.loads(each) for each in message["body"].splitlines())
            answered.set()

    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "method": "POST"}
    scope |= {"path": PATH, "query_string": b"", "headers": HEADERS, "http_version": "1.1"}
    asyncio.run(
        asyncio.wait_for(app(scope | {"scheme": "http", "server": None}, receive, send), 60)
    )
    return told


def test_answers_come_while_lines_are_still_being_sent(stage: Stage) -> None:
    told = talk(an_app(stage), leaves=False)
    assert [answer.get("status") for answer in told] == [202, 202, 422, None]


def test_what_was_answered_is_kept_when_the_stream_breaks_off(stage: Stage) -> None:
    app = an_app(stage, most=1)
    told = talk(app, leaves=True)
    # The line that was cut off is none, and nobody is there for a summary.
    assert [answer.get("status") for answer in told] == [202, 202]
    assert len(sent(stage)) == 2
    # Its turn is over.
    assert len(stream(app, line(9))) == 2


def test_a_stream_over_its_limit_says_where_it_stopped(stage: Stage) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(200):
            yield line(number)

    app = an_app(stage, max_bytes=1_000)
    *told, last = stream(app, pieces())
    assert told
    assert all(answer["status"] == 202 for answer in told)
    assert last["summary"]["accepted"] == len(told) < 20
    assert last["summary"]["stopped"]["code"] == "too-large"
    assert "NAVIGATOR_MAX_BULK_BYTES" in last["summary"]["stopped"]["detail"]


def test_one_that_announces_too_much_is_refused_at_once(stage: Stage) -> None:
    headers = {"content-type": "application/x-ndjson"}
    app = an_app(stage, max_bytes=1_000)
    answer = post(app, PATH, content=b"x" * 1_001, headers=headers)
    assert answer.status_code == 413
    assert "NAVIGATOR_MAX_BULK_BYTES" in answer.json()["detail"]


def test_a_stream_may_be_larger_than_one_report(stage: Stage) -> None:
    body = b"".join(line(number, text="x" * 1_800) for number in range(200))
    assert len(body) > 300_000
    *_, last = stream(an_app(stage), body)
    assert last["summary"]["accepted"] == 200


@pytest.mark.parametrize("given", ["application/json", "", "text/csv"])
def test_another_content_type_is_refused(stage: Stage, given: str) -> None:
    answer = post(an_app(stage), PATH, content=line(1), headers={"content-type": given})
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["detail"]


def test_only_so_many_at_once(stage: Stage) -> None:
    answer = post(an_app(stage, most=0), PATH, content=b"", headers=dict(_text(HEADERS)))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_without_a_database_the_stream_stops_and_says_so() -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    *told, last = stream(an_app(Stage(away)), b"{}\n" + line(1) + line(2))
    assert [answer["status"] for answer in told] == [422, 503]
    assert told[1]["problem"]["retryable"] is True
    assert last["summary"]["stopped"]["code"] == "unavailable"
    away.close()


def _text(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in headers]


LINES = st.lists(
    st.binary(max_size=60)
    | st.text(max_size=40).map(str.encode)
    | st.fixed_dictionaries(
        {"title": st.text(max_size=5) | st.none(), "text": st.text(max_size=5) | st.integers()}
    ).map(lambda report: json.dumps(report).encode()),
    max_size=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LINES)
def test_whatever_comes_is_answered_line_by_line(stage: Stage, given_lines: list[bytes]) -> None:
    body = b"\n".join(given_lines)
    *told, last = stream(an_app(stage), body)
    count = body.count(b"\n") + (not body.endswith(b"\n") and body != b"")
    assert len(told) == count == last["summary"]["received"]
    assert {answer["status"] for answer in told} <= {200, 202, 413, 422}
