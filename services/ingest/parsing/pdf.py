"""Reads PDF files: their lines, with place and size, become headings and paragraphs."""

import io
import re
from dataclasses import replace

from pypdf import PasswordType, PdfReader

from libs.errors import InvalidInput, TooLarge
from services.ingest.parsing.cleaning import clean_line
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.languages import language_tag
from services.ingest.parsing.pdf_layout import largest_text, outline_of
from services.ingest.parsing.pdf_lines import Line, lines_of
from services.ingest.parsing.pdf_scans import TextRecogniser, scanned_pages

MAX_PAGES = 2_000
# Titles that programs write when nobody gave one: file names, and the program's own name.
_NO_TITLE = re.compile(r"(?i)^(?:microsoft \w+ - .*|untitled.*|.*\.\w{2,5})$")


def parse_pdf(content: bytes, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a PDF's text layer. Sections carry the number of their page, from 1.

    With a `recogniser`, pages that hold no text are read off their picture.

    Raises:
        InvalidInput: `encrypted`, or `no-text-layer` for a scan.
        TooLarge: it has more than `MAX_PAGES` pages.

    """
    reader = PdfReader(io.BytesIO(content))
    # A file that only restricts printing opens with the empty password.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise InvalidInput(
            "The PDF is protected by a password. Send it without one.", code="encrypted"
        )
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise TooLarge(
            f"The PDF has {count:,} pages; {MAX_PAGES:,} are read. Send the report without annexes."
        )
    pages = [lines_of(page, number) for number, page in enumerate(reader.pages, start=1)]
    scanned = scanned_pages(reader, pages)
    recognised: dict[int, list[Line]] = {}
    if scanned and recogniser:
        recognised = recogniser.lines_of(content, scanned)
        pages = [recognised.get(number, page) for number, page in enumerate(pages, start=1)]
        scanned = tuple(number for number in scanned if number not in recognised)
    if not any(pages) or len(scanned) == count:
        raise InvalidInput(
            "The PDF holds no text that can be read, so it is most likely a scan. "
            "Send a text PDF, or run it through OCR first.",
            code="no-text-layer",
        )
    title = _title(_declared_title(reader), largest_text(pages))
    document = outline_of(pages, title).document(title, _declared_language(reader))
    return replace(document, scanned_pages=scanned, recognised_pages=tuple(sorted(recognised)))


def _declared_title(reader: PdfReader) -> str:
    metadata = reader.metadata
    return str(metadata.get("/Title") or "") if metadata else ""


def _declared_language(reader: PdfReader) -> str | None:
    return language_tag(reader.root_object.get("/Lang"))


def _title(declared: str, printed: str | None) -> str | None:
    # The printed title is right more often: files are made from other files, and the
    # properties stay. A declared title counts where it is the printed one, in full length.
    declared = clean_line(declared)
    if not declared or _NO_TITLE.match(declared):
        return printed
    if printed and _letters(printed) not in _letters(declared):
        return printed
    return declared


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()
