"""Runs services side by side in one process: each app in a thread with a loop of its own.

`navigator up` without names runs all of them; with names, those. One part that fails stops
the process, so that whoever supervises it starts it again.
"""

import logging
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack

import uvicorn

from libs.errors import Conflict
from libs.runtime.service import Service

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 10.0
WATCH_INTERVAL_S = 0.5


def bind(service: str, host: str, port: int) -> socket.socket:
    """Open a service's port. Raises Conflict with what to do when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets that say that they are TCP; without it each
    # answer on a kept connection waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise Conflict(
            f"Port {port} on {host} cannot be opened for {service} ({error.strerror}). Stop the "
            f"program that holds it, or set NAVIGATOR_{service.upper()}_PORT to a free one.",
            code="port-taken",
        ) from error
    return listener


class Runner:
    """Starts services on their open ports, waits, and stops them in the opposite order."""

    def __init__(self, services: Sequence[tuple[Service, socket.socket]]) -> None:
        self._services = [service for service, _ in services]
        self._listeners = [listener for _, listener in services]
        self._servers: list[tuple[Service, uvicorn.Server, threading.Thread]] = []

    def start(self) -> None:
        """Start all apps and workers."""
        for service, listener in zip(self._services, self._listeners, strict=True):
            self._servers.append((service, *_serve(service, listener)))
            for worker in service.workers:
                worker.start()

    def wait(self) -> str:
        """Block until a part has failed; returns which. Signals end it by raising."""
        pause = threading.Event()
        while (failure := self.failed_part()) is None:
            pause.wait(WATCH_INTERVAL_S)
        log.error("a part failed; stopping", extra={"part": failure})
        return failure

    def stop(self) -> None:
        """Stop apps first (no new work comes in), then workers, then close connections."""
        for _, server, _ in self._servers:
            server.should_exit = True
        for _, _, thread in self._servers:
            thread.join(STOP_TIMEOUT_S)
        # One part that cannot end well must not keep the others from it.
        with ExitStack() as stack:
            for service in self._services:
                for close in reversed(service.closers):
                    stack.callback(close)
            for service in self._services:
                for worker in service.workers:
                    stack.callback(worker.stop, STOP_TIMEOUT_S)

    def failed_part(self) -> str | None:
        """The first part that ended by itself, or None."""
        for service, _, thread in self._servers:
            if not thread.is_alive():
                return service.name
            for worker in service.workers:
                if worker.failed():
                    return f"{service.name}/{worker.name}"
        return None


def _serve(service: Service, listener: socket.socket) -> tuple[uvicorn.Server, threading.Thread]:
    config = uvicorn.Config(
        service.app,
        log_config=None,
        access_log=False,
        server_header=False,
        # It keeps the limit below on what a head may hold; httptools has none.
        http="h11",
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=32_768,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name=f"http-{service.name}", daemon=True
    )
    thread.start()
    return server, thread
