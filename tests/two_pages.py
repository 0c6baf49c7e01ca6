"""A real two-page PDF, for whoever hands one in."""

import io
from functools import cache
from pathlib import Path
from typing import Final

from pypdf import PdfReader, PdfWriter

REPORT: Final = Path(__file__).parents[1] / "data/demo/documents/se-inlandet-nasta-steg.pdf"


@cache
def two_pages() -> bytes:
    """The first two pages of a report of the demonstration corpus."""
    writer = PdfWriter()
    for page in PdfReader(REPORT).pages[:2]:
        writer.add_page(page)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()
