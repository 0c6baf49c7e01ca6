"""A response that is written while the request is still being read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from fastapi import Response
from starlette.types import Receive, Scope, Send

from libs.errors import Overloaded

NDJSON: Final = "application/x-ndjson"
# Many clients read nothing before they have sent all. So many answers wait for such a one (some
# 10 MB) while its lines are taken; then it is read no further until it reads.
WAITING_ANSWERS: Final = 50_000
_SENT_AT_ONCE: Final = 200
_RETRY_AFTER_S: Final = 10.0


class Turns:
    """Lets so many at once in, and no more: each holds a connection and threads for long."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = 0

    def take(self) -> Callable[[], None]:
        """A turn; what comes back ends it. Raises Overloaded when there are too many."""
        if self._now >= self._most:
            raise Overloaded(
                f"{self._most} streams and tables are being taken in already. Try again in a "
                "moment.",
                retry_after=_RETRY_AFTER_S,
            )
        self._now += 1
        return self._end

    def _end(self) -> None:
        self._now -= 1


class AnswerStream(Response):
    """Lines of NDJSON as they come.

    Not a StreamingResponse: that listens for the caller to leave, and would swallow the pieces
    of a request that is still being read.
    """

    media_type = NDJSON

    def __init__(self, answers: AsyncIterator[bytes], ended: Callable[[], None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._answers = answers
        self._ended = ended

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the head at once, and the answers beside whatever makes them."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_ANSWERS)
            async with asyncio.TaskGroup() as group:
                group.create_task(_send_all(waiting, send))
                async for answer in self._answers:
                    await waiting.put(answer)
                await waiting.put(None)
        finally:
            self._ended()


async def _send_all(waiting: asyncio.Queue[bytes | None], send: Send) -> None:
    more = True
    while more:
        answers = [await waiting.get()]
        while len(answers) < _SENT_AT_ONCE and not waiting.empty():
            answers.append(waiting.get_nowait())
        more = answers[-1] is not None
        body = b"".join(answer for answer in answers if answer is not None)
        await send({"type": "http.response.body", "body": body, "more_body": more})
