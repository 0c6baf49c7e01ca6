"""Which pages of a PDF are pictures of text, and the port through which they are read."""

from collections.abc import Sequence
from typing import Protocol

from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

from services.ingest.parsing.pdf_layout import Page, without_running_lines
from services.ingest.parsing.pdf_lines import Line

_MAX_NESTING = 4
_MAX_LOOKED_AT = 100


class TextRecogniser(Protocol):
    """Reads text off the pictures of pages."""

    def lines_of(self, content: bytes, numbers: Sequence[int]) -> dict[int, list[Line]]:
        """Return the lines of a PDF's pages, by page number; pages without any are left out.

        Raises:
            InvalidInput: `text-recognition-failed`.

        """


def scanned_pages(reader: PdfReader, pages: Sequence[Page]) -> tuple[int, ...]:
    """Return the numbers of the pages that show something but hold no text that can be read.

    Text that runs along the pages does not count: scanners and archives stamp their scans.
    """
    own_lines = without_running_lines(pages)
    return tuple(
        number
        for number, (lines, own) in enumerate(zip(pages, own_lines, strict=True), start=1)
        if not own and _is_picture(reader.pages[number - 1], lines)
    )


def _is_picture(page: PageObject, lines: Page) -> bool:
    # Text that was dropped, because its font says not which letters it draws, is as good as one.
    undecoded = not lines and bool(page.extract_text().strip())
    return undecoded or _has_picture(page.get("/Resources"))


def _has_picture(resources: object) -> bool:
    waiting = [(resources, 0)]
    for _ in range(_MAX_LOOKED_AT):
        if not waiting:
            return False
        holder, depth = waiting.pop()
        for drawn in _drawn_by(holder):
            if drawn.get("/Subtype") == "/Image":
                return True
            if depth < _MAX_NESTING:
                waiting.append((drawn.get("/Resources"), depth + 1))
    return False


def _drawn_by(resources: object) -> list[DictionaryObject]:
    held = _dictionary(_dictionary(resources).get("/XObject"))
    return [_dictionary(each) for each in held.values()]


def _dictionary(value: object) -> DictionaryObject:
    found = value.get_object() if hasattr(value, "get_object") else value
    return found if isinstance(found, DictionaryObject) else DictionaryObject()
