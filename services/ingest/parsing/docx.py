"""Reads Word documents (.docx): heading styles become sections; lists and tables plain text.

The body's XML is walked directly, because python-docx's own paragraphs leave out content
controls, tracked insertions and text boxes, which municipal templates are full of.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import docx
from docx.document import Document
from docx.oxml.ns import qn

from libs.errors import InvalidInput, TooLarge
from services.ingest.parsing.cleaning import clean_line
from services.ingest.parsing.document import Outline, ParsedDocument
from services.ingest.parsing.docx_pages import pages_of
from services.ingest.parsing.languages import language_tag

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_UNPACKED_BYTES = 200_000_000
MAX_PARTS = 10_000
_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_ORDERED = re.compile(r"list number", re.IGNORECASE)
_BULLETED = re.compile(r"list bullet", re.IGNORECASE)
_BREAKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
# A text box is written twice, the second time for programs that cannot draw it.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_RUN_LANGUAGE = "/".join(map(qn, ("w:r", "w:rPr", "w:lang")))
_HEADING_1 = 1
_ENCRYPTED = 0x1  # the flag of a file in a zip archive


def parse_docx(content: bytes) -> ParsedDocument:
    """Read a Word document. Its title is the "Title" paragraph, else the only "Heading 1".

    Raises:
        TooLarge: it would unpack to more than `MAX_UNPACKED_BYTES`.

    """
    check_archive(content)
    document = docx.Document(io.BytesIO(content))
    _refuse_entities(document)
    reader = _Reader(document)
    blocks = list(_blocks(document.element.body))
    title = reader.title(blocks)
    for block, page in zip(blocks, pages_of(blocks, document), strict=True):
        reader.read(block, page)
    reader.end_list()
    name = title or document.core_properties.title
    return reader.outline.document(name, _language(document))


def _language(document: Document) -> str | None:
    """Return the language that most runs are marked with, else the one of the whole document."""
    body = document.element.body
    marked = Counter(str(mark.get(qn("w:val"))) for mark in body.iterfind(f".//{_RUN_LANGUAGE}"))
    language, times = next(iter(marked.most_common(1)), ("", 0))
    if times * 2 > sum(1 for _ in body.iter(qn("w:r"))):
        return language_tag(language)
    styles = "w:docDefaults/w:rPrDefault/w:rPr/w:lang"
    return language_tag(document.core_properties.language) or language_tag(
        _value(document.styles.element, styles)
    )


def check_archive(content: bytes) -> None:
    """Check a zip archive's directory without unpacking anything.

    Raises:
        TooLarge: its files are too many, or too large in all.
        InvalidInput: `encrypted`.
        zipfile.BadZipFile: there is no readable directory.

    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        raise TooLarge(
            f"The document would unpack to more than {MAX_UNPACKED_BYTES // 1_000_000} MB. "
            "Compress or leave out its pictures."
        )
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise InvalidInput(
            "The document is protected by a password. Send it without one.", code="encrypted"
        )


def _refuse_entities(document: Document) -> None:
    # Word never writes a document type; whoever does wants its entities expanded.
    if document.element.getroottree().docinfo.doctype:
        raise InvalidInput(
            "The document's XML declares entities, which Word never does. "
            "Save it again with a word processor.",
            code="unreadable-document",
        )


def _blocks(parent: "_Element") -> "Iterator[_Element]":
    """Yield the paragraphs and tables below `parent`, looking into content controls."""
    for child in parent.iterchildren():
        if child.tag in {qn("w:p"), qn("w:tbl")}:
            yield child
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins")}:
            yield from _blocks(child)


def _text(block: "_Element") -> str:
    parts = []
    for node in block.iter(qn("w:t"), qn("w:p"), *_BREAKS):
        if any(ancestor.tag == _FALLBACK for ancestor in node.iterancestors()):
            continue
        if node.tag == qn("w:t"):
            parts.append(node.text or "")
        elif node.tag in _BREAKS and _parent_tag(node) == qn("w:r"):
            parts.append(_BREAKS[node.tag])
        elif node.tag == qn("w:p") and node is not block:
            parts.append("\n")
    return "".join(parts)


def _parent_tag(node: "_Element") -> str:
    # A tab stop in a paragraph's properties has the same name as a tab in its text.
    parent = node.getparent()
    return "" if parent is None else str(parent.tag)


class _Reader:
    """Feeds an outline with blocks; remembers the number each list has come to."""

    def __init__(self, document: Document) -> None:
        self.outline = Outline()
        self._style_names = {style.style_id: style.name or "" for style in document.styles}
        self._ordered = _ordered_lists(document)
        self._numbers: dict[str, int] = {}
        self._items: list[str] = []
        self._page: int | None = None
        self._title: _Element | None = None

    def title(self, blocks: "list[_Element]") -> str | None:
        """Find the paragraph that is the title; it is not read again as text."""
        paragraphs = [block for block in blocks if block.tag == qn("w:p") and _text(block).strip()]
        titles = [block for block in paragraphs if self._style(block).lower() == "title"]
        tops = [block for block in paragraphs if self._level(block) == _HEADING_1]
        self._title = titles[0] if titles else tops[0] if len(tops) == 1 else None
        return None if self._title is None else clean_line(_text(self._title))

    def read(self, block: "_Element", page: int | None) -> None:
        if block is self._title:
            return
        if block.tag == qn("w:tbl"):
            self.end_list()
            self.outline.paragraph("\n".join(self._rows(block)), page)
            return
        text = _text(block)
        marker = self._marker(block)
        if marker:
            self._page = page if not self._items else self._page
            self._items.append(f"{marker} {clean_line(text)}" if text.strip() else "")
            return
        if text.strip():
            self.end_list()
        level = self._level(block)
        if level:
            self.outline.heading(text, page, level)
        else:
            self.outline.paragraph(text, page)

    def _style(self, block: "_Element") -> str:
        return self._style_names.get(_value(block, "w:pPr/w:pStyle"), "")

    def _level(self, block: "_Element") -> int:
        match = _HEADING.match(self._style(block))
        return int(match.group(1)) if match else 0

    def _marker(self, block: "_Element") -> str | None:
        style = self._style(block)
        number_id = _value(block, "w:pPr/w:numPr/w:numId")
        if self._level(block) or number_id == "0":
            return None
        if _ORDERED.match(style) or number_id in self._ordered:
            key = number_id or style
            self._numbers[key] = self._numbers.get(key, 0) + 1
            return f"{self._numbers[key]}."
        return "-" if number_id or _BULLETED.match(style) else None

    def _rows(self, table: "_Element") -> Iterator[str]:
        for row in table.iterchildren(qn("w:tr")):
            # A table inside a cell is that cell's text; its own cells are not counted again.
            cells = [
                clean_line(_text(cell))
                for cell in row.iter(qn("w:tc"))
                if next(cell.iterancestors(qn("w:tr")), None) is row
            ]
            if any(cells):
                yield " | ".join(cells)

    def end_list(self) -> None:
        if self._items:
            self.outline.paragraph("\n".join(filter(None, self._items)), self._page)
        self._items = []
        # Word numbers on through the whole document only when the author asked for one list.
        self._numbers = {key: n for key, n in self._numbers.items() if key.isdigit()}


def _ordered_lists(document: Document) -> frozenset[str]:
    """Return the ids of the lists that are numbered on their first level."""
    try:
        numbering = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return frozenset()  # a document without lists has no such part
    ordered = {
        abstract.get(qn("w:abstractNumId"))
        for abstract in numbering.iterchildren(qn("w:abstractNum"))
        if _value(abstract, "w:lvl/w:numFmt") not in {"", "bullet", "none"}
    }
    return frozenset(
        num.get(qn("w:numId"))
        for num in numbering.iterchildren(qn("w:num"))
        if _value(num, "w:abstractNumId") in ordered
    )


def _value(element: "_Element", path: str) -> str:
    """Return the `w:val` of the first element at `path`, or nothing."""
    found = element.find("/".join(qn(name) for name in path.split("/")))
    return "" if found is None else str(found.get(qn("w:val")) or "")
