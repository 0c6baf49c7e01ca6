"""Entity tags: what need not be sent again, and what must not be overwritten unseen."""

import threading
from typing import Any

import httpx
import pytest

from libs.database.engine import Database
from libs.events.payloads import ReportSubmitted
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage

NAMED = "/v1/sources/diva/reports/1"
BODY = {"title": "Titel", "text": "Text"}


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def put(stage: Stage, text: str = "Text", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(stage, "PUT", NAMED, json=BODY | {"text": text}, headers=named)


def index(stage: Stage, answer: httpx.Response) -> None:
    found = answer.json()
    event = ReportSubmitted(report_id=found["report_id"], version=found["version"], partner="local")
    stage.handlers.on_report_submitted(event)
    stage.handlers.on_report_indexed(stage.indexed(event))


def assert_known(stage: Stage, path: str) -> str:
    """Nothing is sent again to who has it, and all to who has something else; returns the tag."""
    whole = ask(stage, "GET", path)
    tag = whole.headers["etag"]
    assert tag.startswith('"')
    for known in (tag, f"W/{tag}", "*", f'"other", {tag}', f'W/"a" ,{tag},'):
        answer = ask(stage, "GET", path, headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    lines: Any = [("if-none-match", '"other"'), ("if-none-match", tag)]
    assert ask(stage, "GET", path, headers=lines).status_code == 304
    answer = ask(stage, "GET", path, headers={"if-none-match": '"other"'})
    assert (answer.status_code, answer.content) == (200, whole.content)
    return tag


def test_a_reader_is_not_sent_what_she_has(stage: Stage) -> None:
    files = {"document": ("a.txt", b"Vi gick ut", "text/plain")}
    made = ask(stage, "PUT", NAMED, files=files)
    location = made.headers["location"]
    index(stage, made)
    tags = {assert_known(stage, f"{location}{part}") for part in ("", "/content", "/document")}
    assert len(tags) == 3
    assert assert_known(stage, NAMED) in tags


def test_the_tag_of_a_receipt_changes_with_its_status(stage: Stage) -> None:
    made = put(stage)
    tags = [made.headers["etag"]]
    index(stage, made)
    tags.append(assert_known(stage, NAMED))
    tags.append(put(stage, "Ny").headers["etag"])
    tags.append(ask(stage, "DELETE", NAMED).headers["etag"])
    assert len(set(tags)) == 4


def test_who_has_seen_the_newest_may_replace_it(stage: Stage) -> None:
    made = put(stage)
    # That it was indexed meanwhile is no change of the partner's.
    index(stage, made)
    newer = put(stage, "Ny", if_match=made.headers["etag"])
    assert (newer.status_code, newer.json()["version"]) == (202, 2)
    late = put(stage, "Sen", if_match=made.headers["etag"])
    assert late.status_code == 412
    assert late.headers["content-type"] == "application/problem+json"
    assert late.json()["code"] == "precondition-failed"
    assert "version 2" in late.json()["detail"]
    assert put(stage, "Nyast", if_match=f'"x", {newer.headers["etag"]}').status_code == 202


def test_a_withdrawal_too_is_of_what_was_seen(stage: Stage) -> None:
    first, second = put(stage), put(stage, "Ny")
    location = first.headers["location"]
    for path in (NAMED, location):
        answer = ask(stage, "DELETE", path, headers={"if-match": first.headers["etag"]})
        assert answer.status_code == 412
    answer = ask(stage, "DELETE", location, headers={"if-match": second.headers["etag"]})
    assert answer.json()["status"] == "withdrawn"
    assert put(stage, "Igen", if_match=second.headers["etag"]).status_code == 412
    assert put(stage, "Igen", if_match=answer.headers["etag"]).status_code == 202


def test_who_lost_the_answer_may_ask_again(stage: Stage) -> None:
    seen = put(stage).headers["etag"]
    assert put(stage, "Ny", if_match=seen).status_code == 202
    assert put(stage, "Ny", if_match=seen).status_code == 200
    tag = ask(stage, "GET", NAMED).headers["etag"]
    for _ in range(2):
        assert ask(stage, "DELETE", NAMED, headers={"if-match": tag}).status_code == 200


def test_only_if_it_is_there_or_is_not(stage: Stage) -> None:
    assert put(stage, if_match="*").status_code == 412
    assert put(stage, if_none_match="*").status_code == 202
    assert put(stage, if_none_match="*").status_code == 412
    assert put(stage, "Ny", if_none_match="*").status_code == 412
    assert put(stage, "Ny", if_match="*").status_code == 202
    ask(stage, "DELETE", NAMED)
    assert put(stage, "Ny", if_match="*").status_code == 412
    assert put(stage, "Ny", if_none_match="*").status_code == 202


def test_a_new_version_by_post_has_conditions_too(stage: Stage) -> None:
    body = BODY | {"external_id": "1"}
    first = ask(stage, "POST", "/v1/reports", json=body)
    headers = {"if-match": first.headers["etag"]}
    changed = ask(stage, "POST", "/v1/reports", json=body | {"text": "Ny"}, headers=headers)
    assert changed.status_code == 202
    late = ask(stage, "POST", "/v1/reports", json=body | {"text": "Sen"}, headers=headers)
    assert late.status_code == 412


@pytest.mark.parametrize("header", ["1.abc", "'1'", '"a" "b"', ",", "", '"a', 'w/"a"', "*, *"])
@pytest.mark.parametrize("name", ["if-match", "if-none-match"])
def test_what_is_no_tag_is_refused(stage: Stage, name: str, header: str) -> None:
    answer = ask(stage, "PUT", NAMED, json=BODY, headers={name: header})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/header/{name}"


def test_a_weak_tag_names_nothing_to_replace(stage: Stage) -> None:
    tag = put(stage).headers["etag"]
    assert put(stage, "Ny", if_match=f"W/{tag}").status_code == 412


def test_of_eight_who_saw_the_same_one_replaces_it(stage: Stage) -> None:
    seen = put(stage).headers["etag"]
    barrier = threading.Barrier(8)
    statuses: list[int] = []

    def replace(number: int) -> None:
        barrier.wait(10)
        statuses.append(put(stage, f"Text {number}", if_match=seen).status_code)

    threads = [threading.Thread(target=replace, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [202] + [412] * 7
    assert ask(stage, "GET", NAMED).json()["version"] == 2


def test_of_eight_who_saw_nothing_one_makes_it(stage: Stage) -> None:
    assert ask(stage, "GET", NAMED).status_code == 404
    barrier = threading.Barrier(8)
    statuses: list[int] = []

    def make() -> None:
        barrier.wait(10)
        statuses.append(put(stage, if_none_match="*").status_code)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [202] + [412] * 7


def test_polling_is_told_when_to_look_again(stage: Stage) -> None:
    made = put(stage)
    assert made.headers["retry-after"] == "1"
    assert ask(stage, "GET", NAMED).headers["retry-after"] == "1"
    index(stage, made)
    assert "retry-after" not in ask(stage, "GET", NAMED).headers


def test_the_stages_of_the_newest_version_are_timed(stage: Stage) -> None:
    put(stage)
    index(stage, put(stage, "Ny"))
    stages = ask(stage, "GET", NAMED).json()["stages"]
    assert [stage["status"] for stage in stages] == ["accepted", "normalised", "indexed"]
    assert stages[0]["seconds"] == 0
    assert all(stage["seconds"] > 0 for stage in stages[1:])
