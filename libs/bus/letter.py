"""A dead letter as it is found again: what its headers say, and the message it was."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from libs.bus.record import KEY_ERRORS, Received, Record
from libs.events.topics import DEAD_LETTER_SUFFIX
from libs.telemetry import names

# More digits than this is no count of ours.
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in a dead-letter topic, and when it was written there.

    Headers may be missing or foreign: what cannot be read is None, or an empty text.
    """

    message: Received
    written_at: dt.datetime

    @property
    def original_topic(self) -> str:
        """Where it came from. Its own topic tells; a header could name anybody's."""
        return self.message.topic.removesuffix(DEAD_LETTER_SUFFIX)

    @property
    def retried(self) -> int:
        """How often it was sent back already."""
        return self.number(names.HEADER_RETRIED) or 0

    @property
    def left_out(self) -> int | None:
        """The size of a message that was too large to be kept, None for one that was kept."""
        return self.number(names.HEADER_DEAD_LEFT_OUT)

    @property
    def fingerprint(self) -> str:
        """SHA-256, hexadecimal, over all of it.

        A broker that forgot counts offsets from 0 again, so a place alone names no letter.
        """
        digest = hashlib.sha256(self.written_at.isoformat().encode())
        message = self.message
        for name, value in (*message.headers, (message.key, message.value)):
            encoded = name.encode(errors=KEY_ERRORS)
            digest.update(b"%d %d " % (len(encoded), len(value)) + encoded + value)
        return digest.hexdigest()

    def text(self, header: str) -> str:
        """A header's text; the last one of several counts, as it does in Kafka."""
        found = [value for name, value in self.message.headers if name == header]
        return found[-1].decode(errors="replace") if found else ""

    def number(self, header: str) -> int | None:
        """A header's whole number, None where it has none."""
        text = self.text(header)
        digits = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
        return int(text) if digits else None

    def revived(self) -> Record:
        """The message as it was, for the topic it came from, with one more retry to its name."""
        kept = tuple(
            header
            for header in self.message.headers
            if not header[0].startswith(names.DEAD_LETTER_PREFIX)
            and header[0] != names.HEADER_RETRIED
        )
        return Record(
            topic=self.original_topic,
            key=self.message.key,
            value=self.message.value,
            headers=(*kept, (names.HEADER_RETRIED, str(self.retried + 1).encode())),
        )
