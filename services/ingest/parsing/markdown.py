"""Reads Markdown: headings become sections; lists, tables and quotations become plain text."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from services.ingest.parsing.document import Outline, ParsedDocument
from services.ingest.parsing.plain import decode

# A block of metadata that many editors put first. It is not text; only its title is taken.
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*\n", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*(['\"]?)(.+)\1[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def parse_markdown(content: bytes) -> ParsedDocument:
    """Read Markdown (CommonMark and tables). A single top heading is the title."""
    text = decode(content).replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    title = None
    if front:
        text = text[front.end() :]
        named = _TITLE.search(front.group(1))
        title = named.group(2).strip() if named else None
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    tops = [
        i for i, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1"
    ]
    if len(tops) == 1:
        title = _inline(tokens[tops[0] + 1])
        del tokens[tops[0] : tops[0] + 3]
    outline = Outline()
    _Reader(outline).read(tokens)
    return outline.document(title)


def _inline(token: Token) -> str:
    parts = []
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" " if child.type == "softbreak" else "\n")
        elif child.type == "image":
            parts.append(_inline(child))
        elif child.type in {"text", "code_inline"}:
            parts.append(child.content)
    return "".join(parts)


class _Reader:
    """Walks the flat list of tokens; keeps only what nesting needs: list numbers and a row."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._numbers: list[int | None] = []
        self._lines: list[str] = []
        self._row: list[str] = []
        self._marker = ""
        self._level = 0
        self._in_cell = False

    def read(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type == "inline":
                self._text(token)
            elif token.type in {"code_block", "fence"}:
                self._add(token.content)
            elif token.type == "html_block":
                self._add(_TAG.sub(" ", token.content))
            else:
                self._structure(token)
        self._flush()

    def _structure(self, token: Token) -> None:
        match token.type:
            case "heading_open" | "heading_close":
                self._flush()
                self._level = int(token.tag[1]) if token.type == "heading_open" else 0
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_open":
                self._numbers.append(int(token.attrGet("start") or 1))
            case "list_item_open":
                self._marker = self._next_marker()
            case "th_open" | "td_open" | "th_close" | "td_close":
                self._in_cell = token.type.endswith("open")
            case "tr_close":
                self._lines.append(" | ".join(self._row))
                self._row = []
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
                self._end_block()
            case "paragraph_close" | "table_close":
                self._end_block()
            case _:
                pass  # rules, and the openings of blocks that need no mark

    def _text(self, token: Token) -> None:
        text = _inline(token)
        if self._level:
            self._outline.heading(text, level=self._level)
        elif self._in_cell:
            self._row.append(" ".join(text.split()))
        else:
            self._add(text)

    def _add(self, text: str) -> None:
        self._lines.append(f"{self._marker}{text}")
        self._marker = ""

    def _next_marker(self) -> str:
        number = self._numbers[-1]
        if number is None:
            return "- "
        self._numbers[-1] = number + 1
        return f"{number}. "

    def _end_block(self) -> None:
        if not self._numbers:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            self._outline.paragraph("\n".join(self._lines))
        self._lines = []
