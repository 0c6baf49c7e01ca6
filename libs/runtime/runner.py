"""Runs services side by side in one process: each app in a thread with a loop of its own.

`navigator up` without names runs all of them; with names, those. One part that fails stops
the process, so that whoever supervises it starts it again.
"""

import logging
import socket
import threading
from collections.abc import Callable, Sequence

import uvicorn

from libs.errors import Conflict
from libs.runtime.service import Service

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 10.0
WATCH_INTERVAL_S = 0.5


def bind(service: Service) -> socket.socket:
    """Open the service's port. Raises Conflict with what to do when it is taken."""
    family = socket.AF_INET6 if ":" in service.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((service.host, service.port))
    except OSError as error:
        listener.close()
        raise Conflict(
            f"Port {service.port} on {service.host} cannot be opened for {service.name} "
            f"({error.strerror}). Stop the program that holds it, or set "
            f"NAVIGATOR_{service.name.upper()}_PORT to a free one.",
            code="port-taken",
        ) from error
    return listener


class Runner:
    """Starts services, waits, and stops them in the opposite order."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._servers: list[tuple[Service, uvicorn.Server, threading.Thread]] = []
        self._stop = threading.Event()
        self._failure: str | None = None

    def start(self) -> None:
        """Bind all ports, then start all workers and apps. Raises Conflict for a taken port."""
        listeners: list[socket.socket] = []
        try:
            for service in self._services:
                listeners.append(bind(service))  # noqa: PERF401 - those bound must be closed again
        except Conflict:
            for listener in listeners:
                listener.close()
            raise
        for service, listener in zip(self._services, listeners, strict=True):
            self._servers.append((service, *_serve(service, listener)))
            for worker in service.workers:
                worker.start()

    def request_stop(self) -> None:
        """End `wait` (called by signal handlers)."""
        self._stop.set()

    def wait(self, also: Callable[[], str | None] = lambda: None) -> str | None:
        """Block until a stop is requested (returns None) or a part has failed (returns which).

        `also` is asked about parts outside, such as the broker's process.
        """
        while not self._stop.wait(WATCH_INTERVAL_S):
            failure = self._failed_part() or also()
            if failure:
                log.error("a part failed; stopping", extra={"part": failure})
                return failure
        return None

    def stop(self) -> None:
        """Stop apps first (no new work comes in), then workers, then close connections."""
        for _, server, _ in self._servers:
            server.should_exit = True
        for _, _, thread in self._servers:
            thread.join(STOP_TIMEOUT_S)
        for service in reversed(self._services):
            for worker in reversed(service.workers):
                worker.stop(STOP_TIMEOUT_S)
        for service in reversed(self._services):
            for close in service.closers:
                close()

    def _failed_part(self) -> str | None:
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
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=32_768,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name=f"http-{service.name}", daemon=True
    )
    thread.start()
    return server, thread
