"""Handing over through the gateway: keys, names, tags and lists, as a partner's program has it."""

import threading
import uuid
from typing import Any

import httpx
import pytest

from libs.runtime.paths import path_segment
from tests.e2e.asking import follow
from tests.e2e.processes import Installation, eventually
from tests.hard_ids import HARD_IDS

REPORT = {"title": "Inlämnad", "text": "Vi lämnade in den här rapporten."}
DOCUMENT = {"document": ("a.txt", b"Vi cyklade till byn.", "text/plain")}


@pytest.fixture
def source() -> str:
    """A system of a partner's that no other test writes to."""
    return f"s-{uuid.uuid4().hex[:12]}"


def named(source: str, external_id: str = "1") -> str:
    return f"/v1/sources/{source}/reports/{path_segment(external_id)}"


def test_a_report_s_life_under_its_own_name(client: httpx.Client, source: str) -> None:
    path = named(source)
    assert client.get(path).status_code == 404
    first = client.put(path, json=REPORT, headers={"if-none-match": "*"})
    assert first.status_code == 202
    assert first.headers["retry-after"] == "1"
    location = first.headers["location"]
    follow(client, location)
    receipt = client.get(path)
    assert receipt.json() == client.get(location).json()
    assert receipt.headers["content-location"] == location
    assert [stage["status"] for stage in receipt.json()["stages"]] == [
        "accepted",
        "normalised",
        "indexed",
    ]
    assert all(len(stage["trace_id"]) == 32 for stage in receipt.json()["stages"])
    assert client.put(path, json=REPORT).status_code == 200
    seen = {"if-match": receipt.headers["etag"]}
    changed = client.put(path, json=REPORT | {"text": "Ny"}, headers=seen)
    assert (changed.status_code, changed.json()["version"]) == (202, 2)
    late = client.put(path, json=REPORT | {"text": "Sen"}, headers=seen)
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    for _ in range(2):
        assert client.delete(path).json()["status"] == "withdrawn"
    assert client.get(path).status_code == 410
    assert client.get(f"{location}/content").status_code == 410
    assert client.get(location).json()["status"] == "withdrawn"
    versions = client.get(f"{location}/versions").json()["items"]
    assert [each["version"] for each in versions] == [2, 1]


def test_a_document_under_its_own_name_is_read_once(client: httpx.Client, source: str) -> None:
    made = client.put(named(source), files=DOCUMENT)
    location = made.headers["location"]
    follow(client, location)
    for part in ("", "/content", "/document"):
        whole = client.get(f"{location}{part}")
        tag = whole.headers["etag"]
        same = client.get(f"{location}{part}", headers={"if-none-match": tag})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        head = client.head(f"{location}{part}")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == tag
        assert head.headers["content-length"] == str(len(whole.content))
    assert client.get(f"{location}/document").content == DOCUMENT["document"][1]


def test_the_first_answer_is_given_again(client: httpx.Client, source: str) -> None:
    headers = {"idempotency-key": uuid.uuid4().hex}
    first = client.post("/v1/reports", json=REPORT | {"external_id": source}, headers=headers)
    again = client.post("/v1/reports", json=REPORT | {"external_id": source}, headers=headers)
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    other = client.post("/v1/reports", json=REPORT | {"external_id": "x"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_ten_at_once_under_a_key_are_one(platform: Installation, source: str) -> None:
    headers = {"idempotency-key": uuid.uuid4().hex}
    answers: list[httpx.Response] = []
    barrier = threading.Barrier(10)

    def send() -> None:
        with platform.client() as client:
            barrier.wait(20)
            answers.append(client.put(named(source), json=REPORT, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 10
    done = [answer for answer in answers if answer.status_code == 202]
    assert len({answer.content for answer in done}) == 1
    for answer in answers:
        if answer not in done:
            assert (answer.status_code, answer.json()["code"]) == (409, "in-progress")
            assert answer.json()["retryable"] is True
            assert answer.headers["retry-after"] == "1"
    with platform.client() as client:
        assert client.get(named(source)).json()["version"] == 1


@pytest.mark.parametrize("external_id", HARD_IDS, ids=range(len(HARD_IDS)))
def test_a_hard_id_survives_the_gateway(
    client: httpx.Client, source: str, external_id: str
) -> None:
    body = REPORT | {"source": source, "external_id": external_id}
    posted = client.post("/v1/reports", json=body)
    assert posted.status_code == 202, posted.text
    path = posted.json()["links"]["external"]
    assert client.put(path, json=REPORT).status_code == 200
    assert client.get(path).json()["external_id"] == external_id
    found = client.get("/v1/reports", params={"source": source, "external_id": external_id})
    assert [item["report_id"] for item in found.json()["items"]] == [posted.json()["report_id"]]
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 410


@pytest.mark.parametrize("path", ["../../../internal/counts", "../../../../internal/counts", "."])
def test_no_name_leads_behind_the_gateway(platform: Installation, path: str) -> None:
    # Clients and proxies tidy such a path; somebody who means harm does not.
    target = f"/v1/sources/s/reports/{path}".encode()
    request = httpx.Request("GET", platform.gateway, extensions={"target": target})
    with platform.client() as client:
        answer = client.send(request)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/path"


def test_the_feed_tells_of_everything_that_changed(client: httpx.Client, source: str) -> None:
    paths = [named(source, str(number)) for number in range(5)]
    since = client.put(paths[0], json=REPORT).json()["submitted_at"]
    for number, path in enumerate(paths):
        client.put(path, json=REPORT | {"text": f"Rapport {number}"})
    client.delete(paths[2])

    def feed() -> dict[str, str]:
        state: dict[str, str] = {}
        params: dict[str, Any] = {"updated_since": since, "source": source, "limit": 2}
        following: str | None = str(httpx.URL("/v1/reports", params=params))
        while following:
            page = client.get(following)
            state |= {item["external_id"]: item["status"] for item in page.json()["items"]}
            link = page.headers.get("link")
            following = link.removeprefix("<").removesuffix('>; rel="next"') if link else None
        return state

    expected = {"0": "indexed", "1": "indexed", "2": "withdrawn", "3": "indexed", "4": "indexed"}
    eventually(lambda: feed() == expected, within=30, what="the feed has caught up")


def test_a_filter_that_is_none_is_named(client: httpx.Client) -> None:
    answer = client.get("/v1/reports", params={"colour": "red"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/colour"


def test_a_stream_goes_on_where_it_was_left(client: httpx.Client, source: str) -> None:
    location = client.put(named(source), json=REPORT).headers["location"]
    every = follow(client, location)
    assert follow(client, location, after=every[0]["seq"]) == every[1:]


def test_the_contract_describes_it(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    put = paths["/v1/sources/{source}/reports/{external_id}"]["put"]
    assert {p["name"] for p in put["parameters"]} == {
        "source",
        "external_id",
        "idempotency-key",
        "if-match",
        "if-none-match",
    }
    assert {"202", "200", "409", "412", "413", "415", "422", "503"} <= set(put["responses"])
    assert "ETag" in put["responses"]["202"]["headers"]
    listed = paths["/v1/reports"]["get"]
    offered = {parameter["name"] for parameter in listed["parameters"]}
    assert {"updated_since", "rejection_code", "cursor"} <= offered
    assert "304" in paths["/v1/reports/{report_id}"]["get"]["responses"]
