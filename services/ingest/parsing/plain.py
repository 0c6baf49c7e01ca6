"""Reads plain text in any encoding, and decodes bytes for the other text formats."""

import codecs
import re
from itertools import pairwise

from charset_normalizer import from_bytes

from libs.errors import InvalidInput
from services.ingest.parsing.cleaning import clean, ends_sentence, is_list_item, join_wrapped
from services.ingest.parsing.document import Outline, ParsedDocument

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The single-byte encodings once usual around the Baltic Sea, with the letters that their
# languages have beside ASCII. On a few sentences a general detector guesses among hundreds of
# encodings, and takes Swedish for Slovak.
_LEGACY = (
    ("cp1252", ("åäöéü", "æøåéö", "äöüß", "õäöüšž")),
    ("cp1257", ("āčēģīķļņšūž", "ąčęėįšųūž", "õäöüšž")),
    ("cp1250", ("ąćęłńóśźż",)),
)
# English has none of those letters, but these, by which it would be taken for Polish.
_SIGNS = frozenset("\u2018\u2019“”„•–—…€£§°²³·«»½®™©\u00a0")
_SURE = 0.9
_RULE = re.compile(r"([=\-_*~#])\1{2,}")
_MAX_HEADING = 80
_MIN_WRAP, _MAX_WRAP = 50, 110


def decode(content: bytes) -> str:
    """Return the text of `content`: by byte order mark, as UTF-8, else by its statistics.

    Raises:
        InvalidInput: `unreadable-document`, when it is text in no known encoding.

    """
    return decode_named(content)[0]


def decode_named(content: bytes) -> tuple[str, str]:
    """As `decode`, with the encoding's name beside the text."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        likely = _legacy_text(content)
    if likely is not None:
        return likely
    match = from_bytes(content).best()
    if match is None:
        raise InvalidInput(
            "The text's encoding cannot be told. Save it as UTF-8 and send it again.",
            code="unreadable-document",
        )
    return str(match), match.encoding


def _legacy_text(content: bytes) -> tuple[str, str] | None:
    """Decode `content` as the regional encoding whose letters it fits, if one clearly does."""
    best, chosen = _SURE, None
    for encoding, alphabets in _LEGACY:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [char for char in text.lower() if not char.isascii()]
        letters = [char for char in foreign if char.isalpha()]
        if not letters and _SIGNS.issuperset(foreign):
            return text, encoding
        for alphabet in alphabets:
            share = sum(char in alphabet for char in letters) / max(1, len(letters))
            if share > best:
                best, chosen = share, (text, encoding)
    return chosen


def parse_plain(content: bytes) -> ParsedDocument:
    """Read plain text; a short line on its own above a paragraph is taken for its heading."""
    outline = Outline()
    title: str | None = None
    blocks = [block.split("\n") for block in clean(decode(content)).split("\n\n")]
    for index, lines in enumerate(blocks):
        lines = [line for line in lines if not _RULE.fullmatch(line)]  # noqa: PLW2901 - drop rules
        if not lines:
            continue
        followed = index + 1 < len(blocks)
        if _opens_section(lines[0], alone=len(lines) == 1 and followed):
            if index == 0:
                title = lines[0]
            else:
                outline.heading(lines[0])
        else:
            outline.paragraph(_unwrapped(lines))
    return outline.document(title)


def _opens_section(line: str, *, alone: bool) -> bool:
    short = alone and len(line) <= _MAX_HEADING
    return short and line[:1].isalnum() and not ends_sentence(line)


def _unwrapped(lines: list[str]) -> str:
    # Lines of nearly equal, typewriter-like length were broken by a program, not by the author.
    longest = max(map(len, lines))
    if not _MIN_WRAP <= longest <= _MAX_WRAP:
        return "\n".join(lines)
    kept = [lines[0]]
    for before, line in pairwise(lines):
        if is_list_item(line) or len(before) < longest * 0.7:
            kept.append(line)
        else:
            kept[-1] = join_wrapped(kept[-1], line)
    return "\n".join(kept)
