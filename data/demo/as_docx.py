"""Writes a report as a Word document with heading styles, real lists and tables."""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from source import Source
from wording import byline, facts, illustrative

_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_docx(source: Source) -> bytes:
    """Return the report as a Word document; equal input gives equal bytes."""
    metadata = source.metadata
    document = docx.Document()
    properties = document.core_properties
    properties.title = metadata["title"][:255]
    properties.author = metadata["lead_organisation"]["name"]
    properties.comments = illustrative(metadata)
    properties.language = metadata["language"]
    properties.created = properties.modified = dt.datetime.fromisoformat(metadata["period"]["end"])
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), metadata["language"])
    document.sections[0].footer.paragraphs[0].text = illustrative(metadata)
    document.add_paragraph(metadata["title"], style="Title")
    document.add_paragraph(byline(metadata), style="Subtitle")
    document.add_paragraph(facts(metadata))
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(source.body))
    for node in tree.children:
        _block(document, node)
    return _packed(document)


def _block(document: Document, node: SyntaxTreeNode) -> None:
    match node.type:
        case "heading":
            paragraph = document.add_heading(level=max(1, int(node.tag[1]) - 1))
            _runs(paragraph, node.children)
        case "paragraph":
            _runs(document.add_paragraph(), node.children)
        case "blockquote":
            for child in node.children:
                _runs(document.add_paragraph(style="Intense Quote"), child.children)
        case "bullet_list" | "ordered_list":
            _list(document, node)
        case "table":
            _table(document, node)
        case _:
            raise ValueError(f"Markdown that the Word document cannot hold: {node.type}")


def _list(document: Document, node: SyntaxTreeNode) -> None:
    style = document.styles["List Number" if node.type == "ordered_list" else "List Bullet"]
    number = None
    if node.type == "ordered_list":
        # A list of its own; otherwise Word numbers on from the list before.
        numbering = document.part.numbering_part.element
        shape = numbering.num_having_numId(style.element.pPr.numPr.numId.val).abstractNumId.val
        new = numbering.add_num(shape)
        new.add_lvlOverride(ilvl=0).add_startOverride(int(node.attrs.get("start", 1)))
        number = new.numId
    for item in node.children:
        for index, child in enumerate(item.children):
            if child.type != "paragraph":
                _block(document, child)
                continue
            paragraph = document.add_paragraph(style=style if index == 0 else "List Continue")
            if number is not None and index == 0:
                paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number  # noqa: SLF001 - python-docx has no public way to numbering
            _runs(paragraph, child.children)


def _table(document: Document, node: SyntaxTreeNode) -> None:
    rows = [row for part in node.children for row in part.children]
    table = document.add_table(len(rows), len(rows[0].children), style="Light List Accent 1")
    for row, line in zip(rows, table.rows, strict=True):
        for cell, box in zip(row.children, line.cells, strict=True):
            _runs(box.paragraphs[0], cell.children)
            if "right" in str(cell.attrs):
                box.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph()


def _runs(
    paragraph: Paragraph,
    nodes: Sequence[SyntaxTreeNode],
    *,
    bold: bool | None = None,
    italic: bool | None = None,
) -> None:
    for node in nodes:
        if node.type in {"text", "code_inline", "softbreak"}:
            run = paragraph.add_run(node.content if node.type != "softbreak" else " ")
            run.bold, run.italic = bold, italic
        elif node.type == "hardbreak":
            paragraph.add_run().add_break()
        else:
            strong, slanted = node.type == "strong" or bold, node.type == "em" or italic
            _runs(paragraph, node.children, bold=strong or None, italic=slanted or None)


def _packed(document: Document) -> bytes:
    # python-docx stamps each part with the time of writing: pack again without.
    first, second = io.BytesIO(), io.BytesIO()
    document.save(first)
    with zipfile.ZipFile(first) as parts, zipfile.ZipFile(second, "w") as packed:
        for name in parts.namelist():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, parts.read(name))
    return second.getvalue()
