"""From a file's bytes to its grid: what may be hostile, so the service calls it through `apart`."""

import io
import zipfile
from typing import Final

from libs.errors import UnsupportedFormat
from services.ingest.spreadsheets.delimited import read_delimited
from services.ingest.spreadsheets.grid import Grid
from services.ingest.spreadsheets.records import read_records
from services.ingest.spreadsheets.workbook import read_workbook

_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNICODE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x00\x00\xfe\xff")
_HEAD: Final = 1_024


def read_grid(content: bytes, sheet: str | None = None) -> Grid:
    """The cells of a CSV, XLSX, ODS, XLS or JSON file, told apart by its bytes.

    A damaged workbook may end the process that calls this.

    Raises UnsupportedFormat for anything else, InvalidInput for a damaged file, TooLarge over a
    limit.
    """
    if content.startswith(_OLD_OFFICE):
        return read_workbook(content, "xls", sheet)
    if content.startswith(b"PK\x03\x04"):
        return read_workbook(content, _archive_format(content), sheet)
    head = content[:_HEAD]
    if head.startswith((b"%PDF-", b"{\\rtf")) or _binary(head):
        raise _unsupported()
    if head.lstrip()[:1] == b"[":
        return read_records(content)
    return read_delimited(content)


def _archive_format(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OverflowError, EOFError):
        # A file cut short: the reader tells so in better words.
        return "xlsx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "word/document.xml" not in names:
        return "ods"
    raise _unsupported()


def _binary(head: bytes) -> bool:
    return b"\x00" in head and not head.startswith(_UNICODE_MARKS)


def _unsupported() -> UnsupportedFormat:
    return UnsupportedFormat(
        "This is no table that is read here. Send CSV, XLSX, ODS, XLS or a JSON list of objects; "
        "a single report as PDF, DOCX, HTML, Markdown or text goes to POST /v1/reports."
    )
