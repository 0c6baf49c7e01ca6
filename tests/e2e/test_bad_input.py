"""Everything wrong is answered with a problem that names the field and the reason."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

REPORT = {"title": "Rapport", "text": "En text."}
JSON = {"content-type": "application/json"}


def post(client: httpx.Client, **request: Any) -> httpx.Response:
    return client.post("/v1/reports", **request)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (REPORT | {"colour": "red"}, "/colour"),
        (REPORT | {"title": 7}, "/title"),
        (REPORT | {"sdgs": ["many"]}, "/sdgs/0"),
        (REPORT | {"sdgs": [18]}, "/sdgs/0"),
        (REPORT | {"period": {"start": "2024-01-01", "end": "2023-01-01"}}, "/period"),
        (REPORT | {"places": [{"country": "Sweden"}]}, "/places/0/country"),
        ({"text": "En text utan titel."}, "/title"),
        ({"title": "Utan text"}, ""),
        ([], ""),
        ("text", ""),
    ],
)
def test_a_wrong_report_names_its_field(client: httpx.Client, body: Any, pointer: str) -> None:
    assert_problem(post(client, json=body), 422, "invalid-input", pointer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b'{"title": "a", "text": NaN}',
        b"\xff\xfe\x00",
        b'{"title": "\\ud800", "text": "x"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=["empty", "blank", "cut", "nan", "not-utf8", "surrogate", "deep-list", "deep-object"],
)
def test_a_body_that_is_not_a_report(client: httpx.Client, body: bytes) -> None:
    assert_problem(post(client, content=body, headers=JSON), 422, "invalid-input")


@pytest.mark.parametrize("content_type", ["text/xml", "application/pdf", "", "nonsense", "*/*"])
def test_an_unsupported_content_type(client: httpx.Client, content_type: str) -> None:
    answer = post(client, content=b"<a/>", headers={"content-type": content_type})
    assert_problem(answer, 415, "unsupported-format")


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("a.pdf", b"this is no PDF at all", "application/pdf"),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3", "text/plain"),
        ("a.docx", b"PK\x03\x04 not a zip", "application/vnd.openxmlformats-officedocument."),
        ("a.exe", b"MZ\x90\x00\x03\x00\x00\x00", "application/octet-stream"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
    ],
)
def test_a_document_that_is_not_what_it_says(
    client: httpx.Client, name: str, content: bytes, declared: str
) -> None:
    answer = post(client, files={"document": (name, content, declared)})
    assert_problem(answer, 415, "unsupported-format")


def test_forms_that_lack_something(client: httpx.Client) -> None:
    metadata = {"metadata": (None, '{"title": "x"}')}
    assert_problem(post(client, files=metadata), 422, "invalid-input", "/document")
    empty = {"document": ("a.txt", b"", "text/plain")}
    assert_problem(post(client, files=empty), 422, "invalid-input", "/document")
    wrong = {"document": ("a.txt", b"text", "text/plain"), "metadata": (None, '{"sdgs": [99]}')}
    assert_problem(post(client, files=wrong), 422, "invalid-input", "/metadata/title")
    unknown = {"document": ("a.txt", b"text", "text/plain"), "note": (None, "x")}
    assert_problem(post(client, files=unknown), 422, "invalid-input", "/note")


def test_a_form_without_its_boundary(client: httpx.Client) -> None:
    headers = {"content-type": "multipart/form-data"}
    answer = post(client, content=b"--x\r\n\r\n", headers=headers)
    assert_problem(answer, answer.status_code, "invalid-input")
    assert answer.status_code in {400, 422}
    assert "boundary" in answer.json()["detail"].lower()


def test_a_body_of_200_megabytes_by_its_announced_size(client: httpx.Client) -> None:
    answer = post(client, content=b"x" * 200_000_000, headers=JSON)
    assert_problem(answer, 413, "too-large")


def test_a_body_of_200_megabytes_that_does_not_say_so(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 1_000_000

    answer = post(client, content=pieces(), headers=JSON)
    assert_problem(answer, 413, "too-large")
    assert "NAVIGATOR_MAX_BODY_BYTES" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/challenge"),
        ({"challenge": ""}, "/challenge"),
        ({"challenge": "  \n "}, "/challenge"),
        ({"challenge": "x" * 50_000}, "/challenge"),
        ({"challenge": "ensamma äldre", "limit": 0}, "/limit"),
        ({"challenge": "ensamma äldre", "limit": "many"}, "/limit"),
        (
            {"challenge": "ensamma äldre", "filters": {"countries": ["sweden"]}},
            "/filters/countries/0",
        ),
        ({"challenge": "ensamma äldre", "mood": "good"}, "/mood"),
    ],
)
def test_a_wrong_question_names_its_field(
    client: httpx.Client, body: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/v1/recommendations", json=body)
    assert_problem(answer, 422, "invalid-input", pointer)


@pytest.mark.parametrize(
    "challenge", ["\x00\x01\x02", "😀😀😀", "\u202eabc\u202c", "ვეფხისტყაოსანი", "' OR 1=1 --"]
)
def test_odd_questions_are_answered(client: httpx.Client, challenge: str) -> None:
    assert client.post("/v1/recommendations", json={"challenge": challenge}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/reports/00000000-0000-0000-0000-000000000000", 404),
        ("GET", "/v1/reports/00000000-0000-0000-0000-000000000000/events", 404),
        ("DELETE", "/v1/reports/00000000-0000-0000-0000-000000000000", 404),
        ("GET", "/v1/reports/no-such-id", 422),
        ("GET", "/v1/reports?cursor=nonsense", 422),
        ("GET", "/v1/reports?limit=1000", 422),
        ("GET", "/v1/nothing", 404),
        ("PATCH", "/v1/reports", 405),
    ],
)
def test_wrong_addresses(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_document_without_text_is_rejected_with_its_reason(client: httpx.Client) -> None:
    accepted = post(client, files={"document": ("tom.html", b"<html><p> </p></html>", "text/html")})
    assert accepted.status_code == 202
    location = accepted.headers["location"]
    with client.stream("GET", f"{location}/events") as events:
        events.read()
    receipt = client.get(location).json()
    assert receipt["status"] == "rejected"
    assert receipt["rejection"]["code"] == "no-text"
    assert receipt["rejection"]["reason_sv"]
    assert receipt["rejection"]["hint"]


def assert_problem(
    answer: httpx.Response, status: int, code: str, pointer: str | None = None
) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"urn:navigator:problem:{code}"
    assert problem["detail"]
    assert "Traceback" not in answer.text
    if pointer is not None:
        assert pointer in {error["pointer"] for error in problem["errors"]}, problem


def test_a_head_without_an_end_is_refused(client: httpx.Client) -> None:
    """The servers read HTTP with h11 for this limit (docs/adr/0034)."""
    head = b"GET /v1/status HTTP/1.1\r\nhost: x\r\nx-long: " + b"x" * 200_000
    address = (client.base_url.host, client.base_url.port or 80)
    with socket.create_connection(address, timeout=10) as connection:
        with suppress(ConnectionError):
            connection.sendall(head)
        assert connection.recv(20).startswith(b"HTTP/1.1 400")
