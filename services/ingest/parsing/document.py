"""What parsing a document yields, and the outline that every reader fills in reading order."""

from dataclasses import dataclass

from libs.errors import InvalidInput, TooLarge
from libs.events.report import MAX_TEXT_CHARS, Section
from services.ingest.parsing.cleaning import clean, clean_line

MAX_HEADING_CHARS = 300
MAX_TITLE_CHARS = 1_000
_SEPARATOR = " / "


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


@dataclass(slots=True)
class _Heading:
    level: int
    text: str
    has_text: bool = False


class Outline:
    """Collects headings and paragraphs and cuts them into sections.

    A section ends at the next heading and at the end of its page, so that a quotation can
    name its page. It is called by its heading and those that stand over it ("Results / Year
    two"); a heading with no text below it is kept in the name of the next section.
    """

    def __init__(self) -> None:
        self._sections: list[Section] = []
        self._headings: list[_Heading] = []
        self._page: int | None = None
        self._paragraphs: list[str] = []
        self._chars = 0

    def heading(self, text: str, page: int | None = None, level: int = 1) -> None:
        """Open a new section; a heading as long as a paragraph is taken for one."""
        text = clean_line(text)
        if not text:
            return
        if len(text) > MAX_HEADING_CHARS:
            self.paragraph(text, page)
            return
        left = [heading for heading in self._headings if heading.level >= level]
        unsaid = [heading.text for heading in left if not heading.has_text]
        if sum(map(len, unsaid)) + len(text) > MAX_HEADING_CHARS:
            self.paragraph("\n".join(unsaid), page)
            unsaid = []
        self._close()
        self._headings = [heading for heading in self._headings if heading.level < level]
        self._headings.append(_Heading(level, _SEPARATOR.join([*unsaid, text])))
        self._page = page

    def paragraph(self, text: str, page: int | None = None) -> None:
        """Add text to the open section.

        Raises:
            TooLarge: the document has more than `MAX_TEXT_CHARS` characters.

        """
        text = clean(text)
        if not text:
            return
        if page != self._page:
            self._close()
            self._page = page
        self._chars += len(text)
        if self._chars > MAX_TEXT_CHARS:
            raise TooLarge(
                f"The document has more than {MAX_TEXT_CHARS:,} characters of text. "
                "Send the report itself without annexes, or split it."
            )
        self._paragraphs.append(text)
        for heading in self._headings:
            heading.has_text = True

    def document(self, title: str | None = None, language: str | None = None) -> ParsedDocument:
        """Close the outline.

        Raises:
            InvalidInput: `no-text`, when nothing readable was found.

        """
        unsaid = [heading.text for heading in self._headings if not heading.has_text]
        if unsaid:
            self._headings = [heading for heading in self._headings if heading.has_text]
            self.paragraph("\n".join(unsaid), self._page)
        self._close()
        if not self._sections:
            raise InvalidInput(
                "The document holds no text. Check that the right file was sent.", code="no-text"
            )
        line = clean_line(title or "")[:MAX_TITLE_CHARS].strip()
        return ParsedDocument(title=line or None, sections=tuple(self._sections), language=language)

    def _close(self) -> None:
        if self._paragraphs:
            text = "\n\n".join(self._paragraphs)
            self._sections.append(Section(text=text, heading=self._name(), page=self._page))
        self._paragraphs = []

    def _name(self) -> str | None:
        texts = [heading.text for heading in self._headings]
        # The outermost headings say least.
        while len(_SEPARATOR.join(texts)) > MAX_HEADING_CHARS and len(texts) > 1:
            del texts[0]
        return _SEPARATOR.join(texts) or None
