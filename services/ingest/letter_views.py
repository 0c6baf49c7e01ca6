"""Letters in the words of the HTTP API."""

import base64
from typing import Any

from libs.bus.letter import Letter
from libs.events.letters import Handled, LetterSummary, WholeLetter
from libs.telemetry import names


def letter_id(letter: Letter) -> str:
    """Where it is: `topic:partition:offset`."""
    message = letter.message
    return f"{message.topic}:{message.partition}:{message.offset}"


def summary(letter: Letter) -> LetterSummary:
    """A letter without the message itself."""
    return LetterSummary(**_fields(letter))


def whole(letter: Letter, handled: Handled | None) -> WholeLetter:
    """A letter with headers and bytes, as well as they can be told in JSON."""
    message = letter.message
    return WholeLetter(
        **_fields(letter),
        headers=tuple((name, value.decode(errors="replace")) for name, value in message.headers),
        value=base64.b64encode(message.value),
        text=_text(message.value),
        left_out=letter.left_out,
        handled=handled,
    )


def _fields(letter: Letter) -> dict[str, Any]:
    message = letter.message
    return {
        "id": letter_id(letter),
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "time": letter.written_at,
        "key": message.key.encode(errors="replace").decode(),
        "group": letter.text(names.HEADER_DEAD_GROUP),
        "error": letter.text(names.HEADER_DEAD_ERROR),
        "code": letter.text(names.HEADER_DEAD_CODE),
        "reason": letter.text(names.HEADER_DEAD_REASON),
        "attempts": letter.number(names.HEADER_DEAD_ATTEMPTS),
        "retried": letter.retried,
        "size": len(message.value),
    }


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
