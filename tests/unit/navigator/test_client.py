"""The command line's client against a server of its own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from navigator.client import GatewayClient

ENTRY = '{"seq": %d, "version": 1, "status": "%s", "at": "2026-05-04T12:00:00Z"}'
STREAM = "".join(
    (
        f"event: status\nid: 1\ndata: {ENTRY % (1, 'accepted')}\n\n",
        ": ping\n\n" * 2,
        f"event: status\nid: 2\ndata: {ENTRY % (2, 'rejected')}\n\n",
    )
)


class Following(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(STREAM.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Following) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_report_that_takes_long_is_followed_to_its_end(address: str) -> None:
    with GatewayClient(address) as client:
        assert [entry.status.value for entry in client.follow("id")] == ["accepted", "rejected"]
