"""Tells what a document really is: its bytes first, then what its sender said, then its name."""

import re
from pathlib import PurePosixPath

from libs.errors import UnsupportedFormat

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HTML = "text/html"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"
MEDIA_TYPES = (PDF, DOCX, HTML, MARKDOWN, PLAIN)

_SYNONYMS = {
    "application/x-pdf": PDF,
    "application/xhtml+xml": HTML,
    "text/x-markdown": MARKDOWN,
}
_UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_TEXTS = frozenset({HTML, MARKDOWN, PLAIN})
_BY_SUFFIX = {
    ".htm": HTML,
    ".html": HTML,
    ".xhtml": HTML,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
}
# Formats that people do send, and what to do instead.
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls, .ppt)"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"%!PS", "a PostScript file"),
)
_OFFERED = "Send a PDF, DOCX, HTML, Markdown or plain text file."
_TABLE = (
    "This is a table. Send it to POST /v1/bulk/table, or with `navigator import`: each of its "
    "rows becomes a report."
)
_TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"})
_TABLE_TYPES = frozenset(
    {
        "text/csv",
        "text/tab-separated-values",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_ARCHIVE_END = b"PK\x05\x06"
_HEAD = 1_024
_SAMPLE = 65_536
_MAX_CONTROL_RATIO = 0.05
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x00\x00\xfe\xff")


def sniff(content: bytes, declared_media_type: str | None, filename: str | None) -> str:
    """Return the media type to parse `content` as: one of `MEDIA_TYPES`.

    Raises:
        UnsupportedFormat: it is none of them, or is not what it was declared to be.

    """
    declared = (declared_media_type or "").partition(";")[0].strip().lower()
    declared = _SYNONYMS.get(declared, declared)
    if declared in _TABLE_TYPES or _suffix(filename) in _TABLE_SUFFIXES:
        raise UnsupportedFormat(_TABLE)
    actual = _by_bytes(content)
    if declared in _UNSAID:
        return actual if actual != PLAIN else _by_name(filename)
    if declared not in MEDIA_TYPES:
        raise UnsupportedFormat(f"Files of type {declared[:100]} are not read. {_OFFERED}")
    if declared not in _TEXTS or actual not in _TEXTS:
        if declared != actual:
            raise UnsupportedFormat(
                f"The file was sent as {declared}, but its bytes are {actual}. "
                "Send it with its right type, or as application/octet-stream."
            )
        return actual
    if declared != PLAIN:
        return declared
    return actual if actual != PLAIN else _by_name(filename)


def _by_bytes(content: bytes) -> str:
    for signature, name in _FOREIGN:
        if content.startswith(signature):
            raise UnsupportedFormat(f"This is {name}. {_OFFERED}")
    if content.startswith(b"PK\x03\x04"):
        return _by_archive(content)
    # Readers allow a PDF to begin after some stray bytes.
    head = content[:_HEAD]
    if head.lstrip().startswith(b"%PDF-") or (b"%PDF-" in head and _looks_binary(content)):
        return PDF
    if _looks_binary(content):
        raise UnsupportedFormat(f"The file is binary data of an unknown kind. {_OFFERED}")
    return HTML if _HTML_START.match(head.removeprefix(b"\xef\xbb\xbf")) else PLAIN


def _by_archive(content: bytes) -> str:
    # By the names in it as they stand, and not by reading its directory, which has room for half
    # a million files. Its end is at the end: a file cut short is most likely the document it
    # says it is, and the reader tells so in better words.
    if b"word/document.xml" in content or _ARCHIVE_END not in content:
        return DOCX
    if b"xl/workbook.xml" in content:
        raise UnsupportedFormat(_TABLE)
    raise UnsupportedFormat(f"This is a zip archive, but not a Word document. {_OFFERED}")


def _by_name(filename: str | None) -> str:
    return _BY_SUFFIX.get(_suffix(filename), PLAIN)


def _suffix(filename: str | None) -> str:
    return PurePosixPath(filename or "").suffix.lower()


def _looks_binary(content: bytes) -> bool:
    if content.startswith(_UNICODE_MARKS):
        return False
    sample = content[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return b"\x00" in sample[:_HEAD] or controls > len(sample) * _MAX_CONTROL_RATIO
