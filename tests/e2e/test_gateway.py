"""The gateway among real processes: many followers, rude peers, private questions."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.processes import Installation, eventually

QUESTION = "Hemligstad grubblar på kvarnrosetten"
FOLLOWERS = 70
BROWSER = {"accept": "text/html,*/*;q=0.8", "accept-language": "fi"}


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Reports come in here and are never finished, for there is no embed."""
    folder = tmp_path_factory.mktemp("unfinished")
    installation = Installation(folder, NAVIGATOR_GATEWAY_MAX_FOLLOWERS=str(FOLLOWERS))
    parts = [["broker"], ["ingest"], ["gateway"]]
    processes = [installation.start_without_waiting(*part) for part in parts]
    try:
        for process in processes:
            process.await_line("ready in", 90)
        yield installation
    finally:
        codes = [process.terminate() for process in reversed(processes)]
    assert codes == [0] * len(parts)
    output = "".join(line for process in processes for line in process.output)
    assert "Traceback" not in output, output
    assert "unexpected error" not in output


def test_many_followers_do_not_stop_reports_from_coming_in(unfinished: Installation) -> None:
    with unfinished.client() as client, ExitStack() as stack:
        report = {"title": "Evig", "text": "Den blir aldrig klar."}
        location = client.post("/v1/reports", json=report).headers["location"]
        limits = httpx.Limits(max_connections=None)
        many = stack.enter_context(
            httpx.Client(base_url=unfinished.gateway, limits=limits, trust_env=False)
        )
        for _ in range(FOLLOWERS):
            followed = stack.enter_context(many.stream("GET", f"{location}/events"))
            assert followed.status_code == 200
        refused = client.get(f"{location}/events")
        assert refused.status_code == 429
        assert refused.json()["retryable"] is True
        assert int(refused.headers["retry-after"]) > 0
        for n in range(5):
            other = client.post("/v1/reports", json=report | {"external_id": str(n)}, timeout=10.0)
            assert other.status_code == 202, other.text
    with unfinished.client() as client:

        def accepted_again() -> bool:
            with client.stream("GET", f"{location}/events") as again:
                return again.status_code == httpx.codes.OK

        eventually(accepted_again, within=10, what="room for another follower")


def test_who_leaves_while_she_sends_leaves_no_traceback(unfinished: Installation) -> None:
    address = urlsplit(unfinished.gateway)
    for size in (10, 100_000):
        with closing(socket.create_connection((address.hostname, address.port))) as caller:
            head = "POST /v1/reports HTTP/1.1\r\nhost: n\r\ncontent-type: application/json\r\n"
            caller.sendall(f"{head}content-length: 1000000\r\n\r\n".encode() + b"x" * size)
    with unfinished.client() as client:
        # Whatever was going on then is over; the fixture looks at what was logged.
        assert client.get("/v1/reports").status_code == 200


def test_the_gateway_is_ready_without_the_others_and_tells_of_them(
    unfinished: Installation,
) -> None:
    with unfinished.client() as client:
        answer = client.get("/readyz")
    assert answer.status_code == 200
    found = answer.json()["dependencies"]
    assert found["ingest"] == "ok"
    assert "does not answer" in found["embed"]
    assert "does not answer" in found["recommend"]


def test_headers_in_no_character_set_are_answered(unfinished: Installation) -> None:
    with unfinished.client() as client:
        headers = [(b"content-type", "application/blå".encode("latin-1"))]
        answer = client.post("/v1/reports", content=b"{}", headers=headers)
        assert answer.status_code == 415
        headers = [(b"accept-language", "smörgås".encode()), (b"accept", b"\xff\xfe")]
        assert client.get("/v1/reports", headers=headers).status_code == 200
        assert client.get("/", headers=headers).status_code == 200


@contextmanager
def a_rude_service() -> Iterator[str]:
    """Takes a connection, reads a little, and resets it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                peer.recv(1_000)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_a_service_that_resets_the_connection_is_unavailable(tmp_path: Path) -> None:
    with a_rude_service() as url:
        installation = Installation(tmp_path, NAVIGATOR_INGEST_URL=url)
        process = installation.start("gateway")
        with installation.client() as client:
            for size in (10, 5_000_000):
                answer = client.post("/v1/reports", content=b"x" * size)
                assert answer.status_code == 503
                assert answer.json()["code"] == "unavailable"
        assert process.terminate() == 0
        assert "Traceback" not in "".join(process.output)


def test_no_trace_holds_a_question(platform: Installation, client: httpx.Client) -> None:
    assert client.get("/", params={"q": QUESTION}).status_code == 200
    assert client.post("/v1/recommendations", json={"challenge": QUESTION}).status_code == 200
    assert client.get("/v1/reports", params={"cursor": QUESTION}).status_code == 422
    found = ""
    for service in ("ingest", "embed", "recommend"):
        url = f"http://127.0.0.1:{platform.ports[service]}/internal/traces?limit=500"
        answer = httpx.get(url, trust_env=False)
        assert answer.status_code == 200
        found += answer.text
    assert "GET /" in found
    for word in QUESTION.split():
        assert word not in found
    assert "kvarnrosetten" not in found


@pytest.mark.parametrize("path", ["/internal/traces", "/internal/model", "/internal/counts"])
def test_the_public_sees_nothing_internal(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "/docs" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/docs", "/favicon.ico", "/v1/status", "/ops/traces", "/readyz"])
def test_what_is_not_worth_a_trace_makes_none(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code < 400
    assert "traceresponse" not in answer.headers


def test_a_browser_that_is_lost_gets_a_page(client: httpx.Client) -> None:
    answer = client.get("/ei-mitaan", headers=BROWSER)
    assert answer.status_code == 404
    assert '<html lang="fi">' in answer.text
    assert client.head("/").status_code == 200
    assert client.head("/docs").status_code == 200
    icon = client.get("/favicon.ico", follow_redirects=True)
    assert icon.headers["content-type"] == "image/svg+xml"


def test_a_wrong_method_says_which_ones_work(client: httpx.Client) -> None:
    answer = client.patch("/v1/reports")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert "GET, HEAD, POST" in answer.json()["detail"]
    answer = client.put("/v1/reports/00000000-0000-0000-0000-000000000000")
    assert answer.headers["allow"] == "GET, HEAD, DELETE"
