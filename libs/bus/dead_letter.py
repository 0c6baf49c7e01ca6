"""The message as it goes to its dead-letter topic: original bytes, and headers that say why."""

import datetime as dt
import itertools
from dataclasses import dataclass, replace

from libs.bus.record import Headers, Received, Record
from libs.bus.retry import Trouble
from libs.errors import NavigatorError
from libs.events.topics import DEAD_LETTER_SUFFIX
from libs.telemetry import names, propagation

MAX_REASON_BYTES = 1_024
# A sender's own headers are kept as long as they leave the topic's room for ours.
MAX_ORIGINAL_HEADER_BYTES = 48 * 1_024


@dataclass(frozen=True, slots=True)
class Burial:
    """Who gives up, why, after what, and when."""

    group: str
    error: Exception
    trouble: Trouble
    at: dt.datetime


def dead_letter(message: Received, burial: Burial) -> Record:
    """The record for the dead-letter topic.

    Headers of an earlier failure are replaced, so that a letter does not grow when it is
    played back and fails again. The trace goes on from the current span.
    """
    kept = tuple(
        header for header in message.headers if not header[0].startswith(names.DEAD_LETTER_PREFIX)
    )
    return Record(
        topic=message.topic.removesuffix(DEAD_LETTER_SUFFIX) + DEAD_LETTER_SUFFIX,
        key=message.key,
        value=message.value,
        headers=propagation.with_current_trace(_within_limit(kept)) + _headers(message, burial),
    )


def without_value(letter: Record) -> Record:
    """The letter for a message that is too large for its topic: a header has the size instead."""
    size = (names.HEADER_DEAD_LEFT_OUT, str(len(letter.value)).encode())
    return replace(letter, value=b"", headers=(*letter.headers, size))


def _within_limit(headers: Headers) -> Headers:
    sizes = itertools.accumulate(len(name) + len(value) for name, value in headers)
    return tuple(
        header
        for header, size in zip(headers, sizes, strict=True)
        if size <= MAX_ORIGINAL_HEADER_BYTES
    )


def _headers(message: Received, burial: Burial) -> Headers:
    error = burial.error
    values = {
        names.HEADER_DEAD_TOPIC: message.topic,
        names.HEADER_DEAD_PARTITION: str(message.partition),
        names.HEADER_DEAD_OFFSET: str(message.offset),
        names.HEADER_DEAD_GROUP: burial.group,
        names.HEADER_DEAD_ERROR: type(error).__name__,
        names.HEADER_DEAD_CODE: code_of(error),
        names.HEADER_DEAD_REASON: reason_of(error),
        names.HEADER_DEAD_ATTEMPTS: str(burial.trouble.attempts),
        names.HEADER_DEAD_FIRST_FAILURE: burial.trouble.first_failure.isoformat(),
        names.HEADER_DEAD_LAST_FAILURE: burial.at.isoformat(),
        names.HEADER_DEAD_TRACE_ID: propagation.current_trace_id() or "",
    }
    return tuple((name, value.encode(errors="replace")) for name, value in values.items())


def code_of(error: Exception) -> str:
    """The stable code of an error; `internal` for one that is not of ours."""
    return error.code if isinstance(error, NavigatorError) else NavigatorError.code


def reason_of(error: Exception) -> str:
    """What the error says, with the fields it names, cut to `MAX_REASON_BYTES` of UTF-8."""
    fields = error.errors if isinstance(error, NavigatorError) else ()
    text = "; ".join([str(error), *(f"{field.pointer}: {field.detail}" for field in fields)])
    return text.encode(errors="replace")[:MAX_REASON_BYTES].decode(errors="ignore")
