"""A partner's web server for webhooks: real, on this machine, and as difficult as a test wants."""

import queue
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEADLINE_S = 10.0


@dataclass(frozen=True)
class Got:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What is answered; with `after` only when that is set, `in_drops` byte by byte until then."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: threading.Event | None = None
    in_drops: bool = False


class Receiver:
    """Takes what comes; `reply` decides the answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/hook"
        self.reply: Callable[[Got], Reply] = lambda _got: Reply()
        self.all: list[Got] = []
        self._arrived: queue.Queue[Got] = queue.Queue()

    def take(self, within: float = DEADLINE_S) -> Got:
        """The next request, waited for."""
        return self._arrived.get(timeout=within)

    def arrive(self, got: Got) -> Reply:
        self.all.append(got)
        self._arrived.put(got)
        return self.reply(got)


class _Server(ThreadingHTTPServer):
    receiver: Receiver
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.receiver.arrive(Got(self.path, headers, body))
        if reply.after is not None:
            if reply.in_drops:
                self._drip(reply.after)
            reply.after.wait(DEADLINE_S * 2)
        self.send_response(reply.status)
        for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _drip(self, end: threading.Event) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
        while not end.wait(0.02):
            self.wfile.write(b"y")

    def log_message(self, *_: Any) -> None:
        pass


class _QuietServer(_Server):
    def handle_error(self, *_: Any) -> None:
        # Who calls here may hang up in the middle of an answer.
        pass


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that runs; with a TLS context it speaks HTTPS."""
    server = _QuietServer(("127.0.0.1", 0), _Handler)
    server.receiver = Receiver(server.server_address[1])
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        thread.join(DEADLINE_S)
        server.server_close()
