"""Sets a report as PDF with Typst, in the fonts that Typst brings along."""

import datetime as dt
import json
from collections.abc import Iterable

import typst
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from source import Source
from wording import byline, facts, illustrative

_PAGE = """
#set document(title: {title}, author: {author}, date: datetime(year: {year}, month: 1, day: 1))
#set text(font: "Libertinus Serif", size: 10.5pt, lang: {language}, hyphenate: true)
#set page(paper: "a4", margin: (x: 2.6cm, top: 2.4cm, bottom: 2.6cm), footer: context [
  #set text(size: 8pt, fill: luma(90))
  #{footer} #h(1fr) #counter(page).display("1 / 1", both: true)
])
#set par(justify: true, leading: 0.62em, spacing: 0.95em)
#set enum(spacing: 0.75em)
#set list(spacing: 0.65em)
#set quote(block: true)
#show quote: set text(style: "italic", fill: luma(60))
#show quote: set pad(x: 0pt)
#show heading: it => block(above: 1.5em, below: 0.75em, sticky: true,
  text(size: 13pt, weight: "bold", fill: rgb("#1f4e5f"), hyphenate: false, it.body))
#set table(stroke: none, inset: (x: 6pt, y: 4.5pt))
#show table: it => block(above: 1.1em, below: 1.3em, breakable: false,
  text(size: 9.5pt, hyphenate: false, {{ set par(justify: false); it }}))
#block(below: 0.9em, text(size: 20pt, weight: "bold", fill: rgb("#1f4e5f"), hyphenate: false,
  {{ set par(justify: false, leading: 0.45em); {title} }}))
#text(size: 11pt, style: "italic", {byline})
#block(above: 0.7em, text(size: 9pt, fill: luma(90), hyphenate: false, {facts}))
#line(length: 100%, stroke: 0.8pt + rgb("#1f4e5f"))
"""

_FUNCTIONS = {"strong": "strong", "em": "emph", "paragraph": "par", "blockquote": "quote"}


def build_pdf(source: Source) -> bytes:
    """Return the report as a tagged PDF of A4 pages; equal input gives equal bytes."""
    metadata = source.metadata
    year = int(metadata["period"]["end"][:4])
    head = _PAGE.format(
        title=_string(metadata["title"]),
        author=_string(metadata["lead_organisation"]["name"]),
        year=year,
        language=_string(metadata["language"]),
        footer=_string(illustrative(metadata)),
        byline=_string(byline(metadata)),
        facts=_string(facts(metadata)),
    )
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(source.body))
    page = head + _all(tree.children)
    made = int(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp())
    pdf = typst.compile(
        page.encode(), format="pdf", ignore_system_fonts=True, timestamp=made, pdf_tags=True
    )
    if not isinstance(pdf, bytes):
        raise TypeError(f"{source.slug}: expected one document")
    return pdf


def _string(text: str) -> str:
    # Typst's string literals take JSON's escapes of the quote and the backslash.
    return json.dumps(text, ensure_ascii=False)


def _all(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "".join(map(_markup, nodes))


def _markup(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            markup = f"#{_string(node.content)}"
        case "softbreak":
            markup = '#" "'
        case "hardbreak":
            markup = "#linebreak()"
        case "inline" | "link":
            markup = _all(node.children)
        case "strong" | "em" | "paragraph" | "blockquote":
            markup = f"#{_FUNCTIONS[node.type]}[{_all(node.children)}]"
        case "heading":
            markup = f"#heading(level: {max(1, int(node.tag[1]) - 1)})[{_all(node.children)}]"
        case "bullet_list" | "ordered_list":
            markup = _list(node)
        case "table":
            markup = _table(node)
        case _:
            raise ValueError(f"Markdown that the PDF cannot set: {node.type}")
    return markup


def _list(node: SyntaxTreeNode) -> str:
    items = ", ".join(f"[{_all(item.children)}]" for item in node.children)
    if node.type == "bullet_list":
        return f"#list({items})\n"
    return f"#enum(start: {int(node.attrs.get('start', 1))}, {items})\n"


def _table(node: SyntaxTreeNode) -> str:
    head, *bodies = node.children
    columns = head.children[0].children
    aligns = ", ".join("right" if "right" in str(c.attrs) else "left" for c in columns)
    widths = ", ".join(["1fr", *["auto"] * (len(columns) - 1)])
    header = ", ".join(f"[#strong[{_all(cell.children)}]]" for cell in columns)
    rows = [
        ", ".join(f"[{_all(cell.children)}]" for cell in row.children)
        for body in bodies
        for row in body.children
    ]
    return (
        f"#table(columns: ({widths}), align: ({aligns}), "
        "table.hline(stroke: 0.8pt), "
        f"table.header({header}), table.hline(stroke: 0.4pt), "
        f"{', '.join(rows)}, table.hline(stroke: 0.8pt))\n"
    )
