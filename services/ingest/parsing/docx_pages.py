"""On which page a Word document's blocks begin, where the file tells it.

A Word file has no pages; Word lays them out, and notes where they broke when it last did.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docx.document import Document
from docx.oxml.ns import qn

if TYPE_CHECKING:
    from lxml.etree import _Element

_TEXT, _LAID_OUT, _BREAK = qn("w:t"), qn("w:lastRenderedPageBreak"), qn("w:br")
_COUNT = re.compile(rb"<Pages>(\d{1,6})</Pages>")


def pages_of(blocks: "Sequence[_Element]", document: Document) -> list[int | None]:
    """Return the page, from 1, on which the text of each block begins; None where unknown.

    The author's own page breaks count only where Word noted none and they alone make as many
    pages as the file says it has. Where the file has more pages than breaks were noted, as
    after a section that begins on a new page, nothing is known: a wrong page is worse than none.
    """
    laid_out = sum(1 for block in blocks for _ in block.iter(_LAID_OUT))
    own = sum(1 for block in blocks for node in block.iter(_BREAK) if _ends_page(node))
    said = _said(document)
    if laid_out and said <= laid_out + 1:
        return _numbers(blocks, own_count=False)
    if not laid_out and own and said == own + 1:
        return _numbers(blocks, own_count=True)
    return [None] * len(blocks)


def _numbers(blocks: "Sequence[_Element]", *, own_count: bool) -> list[int | None]:
    page = 1
    numbers: list[int | None] = []
    for block in blocks:
        begins: int | None = None
        for node in block.iter(_TEXT, _BREAK if own_count else _LAID_OUT):
            if node.tag == _TEXT:
                begins = begins or (page if (node.text or "").strip() else None)
            elif node.tag == _LAID_OUT or _ends_page(node):
                page += 1
        numbers.append(begins or page)
    return numbers


def _ends_page(node: "_Element") -> bool:
    return node.get(qn("w:type")) == "page"


def _said(document: Document) -> int:
    """Return how many pages the file says it has; 0 where it does not."""
    for part in document.part.package.iter_parts():
        if part.partname == "/docProps/app.xml":
            found = _COUNT.search(part.blob)
            return int(found.group(1)) if found else 0
    return 0
