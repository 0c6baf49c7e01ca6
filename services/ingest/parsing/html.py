"""Reads HTML: headings become sections; menus, forms and scripts are left out."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from libs.errors import InvalidInput
from services.ingest.parsing.document import Outline, ParsedDocument
from services.ingest.parsing.languages import language_tag
from services.ingest.parsing.plain import decode

# What surrounds a page's text, and what is not text.
_LEFT_OUT = (
    "script, style, noscript, template, nav, header, footer, aside, form, svg, iframe, object, "
    "button, select, textarea, dialog, [hidden], [role=navigation], [role=banner], "
    "[role=contentinfo], [role=search]"
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article blockquote body center dd details div dl dt fieldset figcaption figure hr "
        "html legend li main ol p pre section summary table tbody td tfoot th thead tr ul",
    )
).union(_HEADINGS)
_LINES = frozenset({"tr", "li", "dt", "dd"})
_WHITESPACE = re.compile(r"\s+")
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE
)
_HEAD_BYTES = 2_048
_NESTING = re.compile(
    r"<(/?)(?:address|article|aside|blockquote|center|details|dialog|dir|div|dl|fieldset|figure|"
    r"footer|form|header|hgroup|main|menu|nav|ol|pre|section|summary|table|ul)\b",
    re.IGNORECASE,
)
_LONE_MARKER = re.compile(r"-|\d+\.")
# A control character stands for the end of a table cell: no text that was cleaned holds one.
_CELL_END = "\x1f"
_MIN_MAIN_CHARS = 200
MAX_DEPTH = 2_000


def parse_html(content: bytes) -> ParsedDocument:
    """Read an HTML page. A single `h1` is the title, else the `title` element is."""
    html = _decode(content).replace(_CELL_END, "")
    _check_depth(html)
    tree = LexborHTMLParser(html)
    tops = tree.css("h1")
    title = tree.css_first("title")
    chosen = tops[0] if len(tops) == 1 else title
    name = chosen.text(separator=" ") if chosen else None
    root = tree.root
    language = language_tag((root.attributes or {}).get("lang")) if root else None
    for node in tree.css(_LEFT_OUT):
        # A header inside an article holds the article's own heading, not the site's.
        if node.tag != "header" or not node.css_matches("h1, h2"):
            node.decompose()
    outline = Outline()
    part = _main_part(tree)
    if part:
        _Reader(outline, skip=tops[0].mem_id if len(tops) == 1 else None).read(part)
    return outline.document(name, language)


def _decode(content: bytes) -> str:
    declared = _CHARSET.search(content[:_HEAD_BYTES])
    if declared:
        try:
            return content.decode(declared.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # A wrong declaration is common; the bytes themselves decide.
    return decode(content)


def _main_part(tree: LexborHTMLParser) -> LexborNode | None:
    # The part that says it is the content, unless it is nearly empty: then it lies.
    part = tree.css_first("main, [role=main], #content")
    if part is not None and len(part.text().strip()) >= _MIN_MAIN_CHARS:
        return part
    return tree.body


def _check_depth(html: str) -> None:
    # Lexbor's time grows with the square of the depth: 200,000 nested `div` took 88 s, 5,000
    # take 0.02 s. These are the elements that HTML does not close by itself.
    depth = 0
    for tag in _NESTING.finditer(html):
        depth = max(0, depth - 1) if tag.group(1) else depth + 1
        if depth > MAX_DEPTH:
            raise InvalidInput(
                f"The page nests its elements more than {MAX_DEPTH:,} deep. "
                "Send it as text, Markdown or PDF.",
                code="unreadable-document",
            )


class _Reader:
    """Walks the tree in document order without recursion, so that no nesting is too deep."""

    def __init__(self, outline: Outline, skip: int | None) -> None:
        self._outline = outline
        self._skip = skip
        self._words: list[str] = []
        self._lines: list[str] = []
        self._numbers: list[int | None] = []
        self._in_row = False
        self._pre = 0

    def read(self, root: LexborNode) -> None:
        node: LexborNode | None = root
        while node is not None:
            inner = self._enter(node)
            if inner is not None:
                node = inner
                continue
            while node is not None and node.mem_id != root.mem_id:
                self._leave(node.tag or "")
                if node.next is not None:
                    node = node.next
                    break
                node = node.parent
            else:
                break
        self._end_paragraph()

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Take in a node's opening and return its first child, if there is one to read."""
        tag = node.tag or ""
        if node.is_text_node:
            text = node.text(deep=False)
            self._words.append(text if self._pre else _WHITESPACE.sub(" ", text))
            return None
        if node.mem_id == self._skip:
            return None
        if tag == "br":
            self._words.append("\n")
        elif tag == "img":
            self._words.append(f" {(node.attributes or {}).get('alt') or ''} ")
        elif tag in _BLOCKS:
            self._open(tag, node)
        return node.first_child

    def _open(self, tag: str, node: LexborNode) -> None:
        if tag in {"td", "th"}:
            return
        self._end_line()
        if tag in _HEADINGS or tag == "table":
            self._end_paragraph()
        if tag in {"ul", "ol"}:
            start = (node.attributes or {}).get("start") or "1"
            number = int(start) if start.isascii() and start.isdigit() else 1
            self._numbers.append(number if tag == "ol" else None)
        elif tag == "li":
            self._words.append(self._marker())
        elif tag == "tr":
            self._in_row = True
        elif tag == "pre":
            self._pre += 1

    def _leave(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._words.append(_CELL_END)
            return
        if tag not in _BLOCKS:
            return
        if tag in _HEADINGS and not self._in_row:
            self._outline.heading("".join(self._words), level=int(tag[1]))
            self._words = []
            return
        self._in_row = self._in_row and tag not in {"tr", "table"}
        self._end_line()
        if tag in {"ul", "ol"}:
            self._numbers.pop()
        elif tag == "pre":
            self._pre -= 1
        if not self._numbers and tag not in _LINES:
            self._end_paragraph()

    def _marker(self) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "- "
        self._numbers[-1] = number + 1
        return f"{number}. "

    def _end_line(self) -> None:
        """Close a line of text; inside a table row all blocks stay on the row's one line."""
        if self._in_row:
            self._words.append(" ")
            return
        text = _line("".join(self._words))
        # A list mark with nothing behind it waits for the text of the item's inner blocks.
        if _LONE_MARKER.fullmatch(text):
            self._words = [f"{text} "]
            return
        self._words = []
        if text:
            self._lines.append(text)

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._lines:
            self._outline.paragraph("\n".join(self._lines))
        self._lines = []


def _line(text: str) -> str:
    if _CELL_END in text:
        return " | ".join(" ".join(cell.split()) for cell in text.split(_CELL_END)[:-1])
    return "\n".join(" ".join(part.split()) for part in text.split("\n")).strip()
