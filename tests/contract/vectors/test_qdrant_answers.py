"""What a Qdrant server may answer, or not, and what callers are told then."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from qdrant_client import QdrantClient

from libs.errors import NavigatorError, Overloaded, Unavailable
from libs.vectors.qdrant import QdrantPassageIndex
from libs.vectors.qdrant_connection import QdrantConnection
from libs.vectors.settings import VectorSettings
from tests.contract.vectors.engines import open_index
from tests.contract.vectors.samples import NOTHING, SPEC, point, unit

# Status, headers and body for a method and a path.
Answer = tuple[int, dict[str, str], bytes]
Script = Callable[[str, str], Answer]


@contextmanager
def serving(script: Script) -> Iterator[tuple[str, list[tuple[str, str, str | None]]]]:
    """A server that answers by the script; gives its URL and the requests seen, with their key."""
    seen: list[tuple[str, str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            path = self.path.split("?", 1)[0]
            seen.append((self.command, path, self.headers.get("api-key")))
            status, headers, body = script(self.command, path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 names of http.server

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _index(url: str, api_key: str = "") -> QdrantPassageIndex:
    client = QdrantClient(url=url, timeout=2, check_compatibility=False)
    connection = QdrantConnection(client, in_memory=False, api_key=api_key)
    return QdrantPassageIndex(connection, "passages", SPEC.dimension)


def _always(status: int, headers: dict[str, str] | None = None) -> Script:
    body = json.dumps({"status": {"error": "no"}, "time": 0}).encode()
    return lambda _method, _path: (status, headers or {}, body)


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_opening_without_a_server_is_unavailable() -> None:
    settings = VectorSettings(url=f"http://127.0.0.1:{_closed_port()}", timeout=2)
    with pytest.raises(Unavailable, match="NAVIGATOR_QDRANT_URL"):
        open_index(settings, SPEC)


def test_every_call_without_a_server_is_unavailable(tmp_path: Path) -> None:
    index = _index(f"http://127.0.0.1:{_closed_port()}")
    calls: list[Callable[[], object]] = [
        index.count,
        lambda: index.upsert([point(1)]),
        lambda: index.delete_report("r"),
        lambda: index.query(unit(1), NOTHING, where=None, limit=1),
        lambda: index.facets("themes"),
        lambda: index.snapshot(tmp_path),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()
    index.close()


@pytest.mark.parametrize(
    ("status", "headers", "error", "advice"),
    [
        (503, {}, Unavailable, "log"),
        (500, {}, Unavailable, "log"),
        (401, {}, Unavailable, "NAVIGATOR_QDRANT_API_KEY"),
        (404, {}, Unavailable, "navigator replay"),
        (429, {"retry-after": "7"}, Overloaded, "later"),
    ],
)
def test_refusals_become_errors_that_say_what_to_do(
    status: int, headers: dict[str, str], error: type[NavigatorError], advice: str
) -> None:
    with serving(_always(status, headers)) as (url, _):
        index = _index(url)
        with pytest.raises(error, match=advice) as refused:
            index.count()
        index.close()
    if isinstance(refused.value, Overloaded):
        assert refused.value.retry_after == 7


def test_a_snapshot_is_fetched_with_the_key_and_removed_from_the_server(tmp_path: Path) -> None:
    made = {"name": "one.snapshot", "size": 7, "creation_time": None, "checksum": None}

    def script(method: str, _path: str) -> Answer:
        if method == "GET":
            return 200, {}, b"content"
        result = made if method == "POST" else True
        return 200, {}, json.dumps({"result": result, "status": "ok", "time": 0}).encode()

    with serving(script) as (url, seen):
        index = _index(url, api_key="secret")
        file = index.snapshot(tmp_path)
        index.close()
    assert file.read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["passages.snapshot"]
    snapshots = "/collections/passages/snapshots"
    assert seen == [
        ("POST", snapshots, "secret"),
        ("GET", f"{snapshots}/one.snapshot", "secret"),
        ("DELETE", f"{snapshots}/one.snapshot", "secret"),
    ]
