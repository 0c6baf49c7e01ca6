"""What parsing a document yields, and the outline that every reader fills in reading order."""

from dataclasses import dataclass

from libs.errors import InvalidInput, TooLarge
from libs.events.report import MAX_TEXT_CHARS, Section
from services.ingest.parsing.cleaning import clean, clean_line

MAX_HEADING_CHARS = 300
MAX_TITLE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document's own title, if it has one, and its text in reading order.

    `language` is the one that the file declares (a primary BCP 47 tag), which is not always the
    one that it is in. `scanned_pages` are the numbers of the pages that show something but hold
    no text that can be read; `recognised_pages` of those whose text was read off their picture.
    """

    title: str | None
    sections: tuple[Section, ...]
    language: str | None = None
    scanned_pages: tuple[int, ...] = ()
    recognised_pages: tuple[int, ...] = ()


class Outline:
    """Collects headings and paragraphs and cuts them into sections.

    A section ends at the next heading and at the end of its page, so that a quotation can
    name its page. Headings with no text between them become one ("Results / Year two").
    """

    def __init__(self) -> None:
        self._sections: list[Section] = []
        self._heading: str | None = None
        self._page: int | None = None
        self._paragraphs: list[str] = []
        self._chars = 0

    def heading(self, text: str, page: int | None = None) -> None:
        """Open a new section; a heading as long as a paragraph is taken for one."""
        text = clean_line(text)
        if not text:
            return
        empty = self._heading is not None and not self._paragraphs
        joined = f"{self._heading} / {text}" if empty else text
        if len(text) > MAX_HEADING_CHARS:
            self.paragraph(text, page)
        elif len(joined) > MAX_HEADING_CHARS:
            self.paragraph(self._heading or "", page)
            self._open(text, page)
        else:
            self._open(joined, page)

    def paragraph(self, text: str, page: int | None = None) -> None:
        """Add text to the open section.

        Raises:
            TooLarge: the document has more than `MAX_TEXT_CHARS` characters.

        """
        text = clean(text)
        if not text:
            return
        if page != self._page:
            self._open(self._heading, page)
        self._chars += len(text)
        if self._chars > MAX_TEXT_CHARS:
            raise TooLarge(
                f"The document has more than {MAX_TEXT_CHARS:,} characters of text. "
                "Send the report itself without annexes, or split it."
            )
        self._paragraphs.append(text)

    def document(self, title: str | None = None, language: str | None = None) -> ParsedDocument:
        """Close the outline.

        Raises:
            InvalidInput: `no-text`, when nothing readable was found.

        """
        if self._heading and not self._paragraphs:
            self.paragraph(self._heading, self._page)
            self._heading = None
        self._close()
        if not self._sections:
            raise InvalidInput(
                "The document holds no text. Check that the right file was sent.", code="no-text"
            )
        line = clean_line(title or "")[:MAX_TITLE_CHARS].strip()
        return ParsedDocument(title=line or None, sections=tuple(self._sections), language=language)

    def _open(self, heading: str | None, page: int | None) -> None:
        self._close()
        self._heading, self._page = heading, page

    def _close(self) -> None:
        if self._paragraphs:
            text = "\n\n".join(self._paragraphs)
            self._sections.append(Section(text=text, heading=self._heading, page=self._page))
        self._paragraphs = []
