"""Callers of an HTTP service that cost little themselves, so that the service is measured.

httpx takes as long for a request as a small service takes to answer it, on the same two cores.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from benchmarks.submissions import Submission

HEAD: Final = (
    "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    "content-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
)
CONTENT_LENGTH: Final = b"content-length:"


class Connection:
    """A kept connection to 127.0.0.1, for one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def submit(self, report: Submission) -> None:
        """Post it and wait for the end of the answer. Raises RuntimeError for a refusal."""
        head = HEAD.format(
            path=report.path, content_type=report.content_type, length=len(report.body)
        )
        self._writer.write(head.encode() + report.body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status, *headers = answer.lower().split(b"\r\n")
        announced = next(line for line in headers if line.startswith(CONTENT_LENGTH))
        body = await self._reader.readexactly(int(announced.removeprefix(CONTENT_LENGTH)))
        if not status.split()[1].startswith(b"2"):
            raise RuntimeError(f"{status.decode()}: {body.decode()}")

    async def close(self) -> None:
        """Let it go."""
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    """A connection, closed at the end."""
    connection = Connection(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield connection
    finally:
        await connection.close()


async def open_loop(
    port: int, reports: Iterator[Submission], *, per_second: float, seconds: float
) -> list[float]:
    """Latencies in seconds at a fixed rate, whether or not answers come in time.

    Each counts from the moment at which its request was due: one that had to wait because the
    service, or this machine, was busy is late by that too.
    """
    free: list[Connection] = []
    began = time.perf_counter()

    async def one(due: float) -> float:
        if not free:
            free.append(Connection(*await asyncio.open_connection("127.0.0.1", port)))
        connection = free.pop()
        await connection.submit(next(reports))
        free.append(connection)
        return time.perf_counter() - due

    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(round(per_second * seconds)):
            due = began + number / per_second
            await asyncio.sleep(due - time.perf_counter())
            tasks.append(group.create_task(one(due)))
    for connection in free:
        await connection.close()
    return [task.result() for task in tasks]


async def closed_loop(
    port: int, reports: Iterator[Submission], *, callers: int, seconds: float
) -> float:
    """Requests answered a second, when so many callers each send their next one at once."""
    began = time.perf_counter()
    until = began + seconds

    async def call() -> int:
        answered = 0
        async with connected(port) as connection:
            while time.perf_counter() < until:
                await connection.submit(next(reports))
                answered += 1
        return answered

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call()) for _ in range(callers)]
    return sum(task.result() for task in tasks) / (time.perf_counter() - began)


async def each_once(port: int, requests: Iterator[Submission], *, callers: int) -> list[float]:
    """Latencies in seconds, when so many callers share the requests, each one after the other."""
    took: list[float] = []

    async def call() -> None:
        async with connected(port) as connection:
            for request in requests:
                began = time.perf_counter()
                await connection.submit(request)
                took.append(time.perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(call())
    return took
