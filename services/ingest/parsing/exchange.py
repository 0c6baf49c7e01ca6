"""What the service and its parse worker say to each other: frames of JSON and bytes, no pickle.

A frame is its length in eight bytes, big-endian, and that many bytes. The worker begins with an
empty frame: it is ready. A question is two frames, the media type and the document; the answer to
it is one frame of JSON.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

from pydantic import TypeAdapter

from services.ingest.parsing.document import ParsedDocument

READY: Final = b""
# The exit code of a worker that a document asked for more memory than it may have.
OUT_OF_MEMORY: Final = 77
# Documents are not larger, by the largest request body that can be set; nor are answers: a
# document's text is limited (libs/events/report.py), and a character takes six bytes at most.
MAX_FRAME_BYTES: Final = 1_000_000_000
_LENGTH: Final = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An InvalidInput: its code and detail."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A bug of a parser: the error's class and where it was raised, without what it said.

    What it said may quote the document.
    """

    error: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the three; `last` when the worker ends after it."""

    document: ParsedDocument | None = None
    refusal: Refusal | None = None
    fault: Fault | None = None
    last: bool = False


ANSWERS: Final = TypeAdapter(Answer)


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Write one frame. Raises OSError when the other side is gone."""
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes:
    """Read one frame. Raises EOFError when the other side ended before it was whole."""
    (size,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if size > MAX_FRAME_BYTES:
        raise EOFError(f"a frame of {size} bytes is none of ours")
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError("the other side ended")
    return content
