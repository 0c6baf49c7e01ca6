"""What an operator does with dead letters: look, send back, or drop with a reason."""

import heapq
import itertools
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.exc import IntegrityError

from libs.bus.letter import Letter
from libs.bus.record import Record
from libs.clock import Clock
from libs.database.engine import Database
from libs.errors import Conflict, NotFound, TooLarge
from libs.events.letters import LetterPage, Retried, WholeLetter
from libs.telemetry import names
from services.ingest import handled_letters
from services.ingest.handled_letters import Mark, Verdict, mark_of
from services.ingest.letter_views import letter_id, summary, whole

# Other applications may keep dead letters on the same broker; those are not ours to send.
OURS = re.compile(r"(reports|partner)\.[A-Za-z0-9._-]+\.dlq")
WITHIN_S = 20.0
# Of one call, so that it ends before its caller gives up waiting.
MOST_RETRIED = 1_000


class LetterReader(Protocol):
    """Reads dead-letter topics: `DeadLetterReader`."""

    def visit(
        self, wanted: Callable[[str], bool], visitor: Callable[[Letter], None], *, within_s: float
    ) -> bool:
        """Show each letter of the wanted topics; False when the time was up before the end."""

    def letter(self, topic: str, partition: int, offset: int) -> Letter:
        """One letter. Raises NotFound."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are meant: of one dead-letter topic or all, of one code or all."""

    topic: str | None = None
    code: str | None = None

    def topics(self, name: str) -> bool:
        """True for a topic that is meant."""
        return OURS.fullmatch(name) is not None and self.topic in {None, name}

    def letters(self, letter: Letter) -> bool:
        """True for a letter that is meant, of a topic that is."""
        return self.code in {None, letter.text(names.HEADER_DEAD_CODE)}


@dataclass(frozen=True, slots=True)
class DeadLetterDesk:
    """The desk, with its ports. A letter is handled when it was sent back or dropped.

    It is sent first and marked afterwards: a process that is killed in between sends it once more
    the next time, and handlers are made for that.
    """

    database: Database
    reader: LetterReader
    send: Callable[[Sequence[Record]], None]
    clock: Clock
    # Two operators who press the same button send a letter once.
    _deciding: threading.Lock = field(default_factory=threading.Lock)

    def unhandled(self, wanted: Wanted, limit: int) -> LetterPage:
        """The newest letters that nobody has dealt with. Raises Unavailable."""
        marks = self._marks()
        arrival = itertools.count()
        newest: list[tuple[tuple[object, ...], Letter]] = []
        total = 0

        def keep(letter: Letter) -> None:
            nonlocal total
            if not wanted.letters(letter) or mark_of(letter) in marks:
                return
            total += 1
            heapq.heappush(newest, ((letter.written_at, next(arrival)), letter))
            if len(newest) > limit:
                heapq.heappop(newest)

        complete = self.reader.visit(wanted.topics, keep, within_s=WITHIN_S)
        items = tuple(summary(letter) for _, letter in sorted(newest))
        return LetterPage(items=items, total=total, complete=complete)

    def show(self, topic: str, partition: int, offset: int) -> WholeLetter:
        """One letter with its bytes. Raises NotFound, Unavailable."""
        letter = self._letter(topic, partition, offset)
        with self.database.read() as session:
            return whole(letter, handled_letters.handled(session, letter))

    def retry(self, topic: str, partition: int, offset: int, *, again: bool = False) -> Retried:
        """Send one letter back. Raises Conflict when it was dealt with, unless `again`."""
        with self._deciding:
            letter = self._letter(topic, partition, offset)
            if not again:
                self._check_unhandled(letter)
            self._send_back(letter)
        return Retried(retried=1, failed={}, complete=True)

    def retry_all(self, wanted: Wanted) -> Retried:
        """Send back what nobody has dealt with, in order. Raises Unavailable."""
        failed: dict[str, str] = {}
        retried = 0
        more = False

        def send_back(letter: Letter) -> None:
            nonlocal retried, more
            if not wanted.letters(letter) or mark_of(letter) in marks:
                return
            if retried + len(failed) == MOST_RETRIED:
                more = True
                return
            try:
                self._send_back(letter)
            except (Conflict, TooLarge) as error:
                failed[letter_id(letter)] = error.detail
            else:
                retried += 1

        with self._deciding:
            marks = self._marks()
            complete = self.reader.visit(wanted.topics, send_back, within_s=WITHIN_S)
        return Retried(retried=retried, failed=failed, complete=complete and not more)

    def drop(self, topic: str, partition: int, offset: int, reason: str) -> None:
        """Note that a letter is not to be sent back. Raises Conflict when it was dealt with."""
        with self._deciding:
            letter = self._letter(topic, partition, offset)
            self._check_unhandled(letter)
            self._mark(letter, "dropped", reason)

    def _letter(self, topic: str, partition: int, offset: int) -> Letter:
        if not Wanted().topics(topic):
            raise NotFound(f"{topic} is none of our dead-letter topics. See `navigator dlq list`.")
        return self.reader.letter(topic, partition, offset)

    def _check_unhandled(self, letter: Letter) -> None:
        with self.database.read() as session:
            handled = handled_letters.handled(session, letter)
        if handled is not None:
            raise Conflict(
                f"The letter was {handled.verdict} at {handled.at:%Y-%m-%d %H:%M} UTC already. "
                "`navigator dlq retry --again` sends it back all the same.",
                code="letter-handled",
            )

    def _send_back(self, letter: Letter) -> None:
        if letter.left_out is not None:
            raise Conflict(
                f"The message of {letter.left_out} bytes was too large to be kept. Its headers "
                f"name its place in {letter.original_topic}, where it may be still.",
                code="letter-without-message",
            )
        self.send([letter.revived()])
        self._mark(letter, "retried")

    def _mark(self, letter: Letter, verdict: Verdict, reason: str | None = None) -> None:
        try:
            self._try_to_mark(letter, verdict, reason)
        except IntegrityError:
            # Another replica has marked it in between: now it is there to be changed.
            self._try_to_mark(letter, verdict, reason)

    def _try_to_mark(self, letter: Letter, verdict: Verdict, reason: str | None) -> None:
        with self.database.write() as session:
            handled_letters.mark(session, letter, verdict, self.clock(), reason)

    def _marks(self) -> set[Mark]:
        with self.database.read() as session:
            return handled_letters.handled_marks(session)
