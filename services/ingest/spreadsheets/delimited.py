"""Reads CSV: encoding and separator are found in the bytes."""

import csv
import io
from collections import Counter
from typing import Final

from libs.errors import InvalidInput
from services.ingest.parsing.plain import decode_named
from services.ingest.spreadsheets.grid import Cell, Grid, Limits, plain

SEPARATORS: Final = (";", ",", "\t", "|")
_SAMPLE_CHARS = 65_536
_SAMPLE_ROWS = 100
# Characters of Windows' code page that a wrong conversion left as invisible controls.
_MENDED: Final = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}


def read_delimited(content: bytes) -> Grid:
    """The grid of a CSV file.

    Raises InvalidInput (`unreadable-document`) for text that cannot be decoded or whose quotes
    are not closed, TooLarge over a limit.
    """
    text, encoding = _decoded(content)
    # Excel's own hint, which it hides from whoever opens the file.
    told = text[:4].lower() == "sep=" and text[5:6] in {"\r", "\n"}
    separator = text[4] if told else _separator(text[:_SAMPLE_CHARS])
    rows: list[list[Cell]] = []
    limits = Limits()
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            limits.take(len(row))
            rows.append([plain(cell) for cell in row])
    except csv.Error as error:
        raise InvalidInput(
            f"The CSV cannot be read from row {len(rows) + 1} on ({error}). A quotation mark that "
            "is not closed is the usual reason. Correct it, or save the table as XLSX.",
            code="unreadable-document",
        ) from error
    if told:
        rows[0] = []
    return Grid(rows=rows, format="csv", encoding=encoding, separator=separator)


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        text, encoding = decode_named(content)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file begins as Unicode text and goes on as something else. Save it as CSV "
            "(UTF-8) and send it again.",
            code="unreadable-document",
        ) from error
    return text.translate(_MENDED), encoding


def _separator(sample: str) -> str:
    """The separator by which most rows have the same number of columns, and more than one."""
    return max(SEPARATORS, key=lambda each: _regularity(sample, each))


def _regularity(sample: str, separator: str) -> float:
    widths: list[int] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            if any(row):
                widths.append(len(row))
            if len(widths) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return 0.0
    # Where a row is cut off by the sample's end it says nothing.
    complete = Counter(widths[:-1] or widths)
    width, count = max(complete.items(), key=lambda each: each[0] * each[1], default=(1, 0))
    share = count / max(1, complete.total())
    return 0.0 if width == 1 else share * (1 - 1 / width)
