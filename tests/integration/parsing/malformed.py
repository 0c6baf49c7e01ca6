"""Malformed and hostile documents, the same ones at every run: mutations and crafted files.

The mutations are of the demonstration corpus (data/demo/documents) and of small documents made
here; the crafted files each try one attack that is known from such formats.
"""

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from services.ingest.parsing.detection import DOCX, HTML, MARKDOWN, PDF, PLAIN
from tests.integration.parsing import malformed_pdfs
from tests.unit.ingest.parsing.samples import pdf, word

DEMO = Path(__file__).parents[3] / "data" / "demo" / "documents"
_TYPES = {".pdf": PDF, ".docx": DOCX, ".html": HTML, ".md": MARKDOWN}
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PER_DOCUMENT = 15


@dataclass(frozen=True, slots=True)
class Malformed:
    """A file and what it is sent as."""

    name: str
    content: bytes
    media_type: str


def corpus() -> list[Malformed]:
    """All of them: mutations first, then attacks."""
    return [*_mutated(), *_crafted_pdfs(), *_crafted_archives(), *_crafted_texts()]


# --- mutations -----------------------------------------------------------------------------------


def _mutated() -> Iterator[Malformed]:
    for document in _seeds():
        chance = random.Random(document.name)  # noqa: S311 - repeatable, not secret
        for number in range(_PER_DOCUMENT):
            mutate = _MUTATIONS[number % len(_MUTATIONS)]
            content = mutate(document.content, chance)
            yield Malformed(
                f"{document.name}-{mutate.__name__}-{number}", content, document.media_type
            )


def _seeds() -> Iterator[Malformed]:
    for path in sorted(DEMO.iterdir()):
        if path.suffix in _TYPES:
            yield Malformed(path.name, path.read_bytes(), _TYPES[path.suffix])
    plain = (DEMO / "bsr-small-town-budget.md").read_bytes()
    yield Malformed("plain.txt", plain.decode().encode("cp1252", "replace"), PLAIN)
    yield Malformed("small.pdf", pdf("= Rubrik\nText om saken.\n#table(columns: 2)[a][b]"), PDF)
    yield Malformed("small.docx", word(lambda made: made.add_paragraph("Text om saken.")), DOCX)


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def flip(content: bytes, chance: random.Random) -> bytes:
    broken = bytearray(content)
    for _ in range(chance.randint(1, 200)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def drop(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randint(1, 2_000) :]


def repeat(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start : start + 500] * chance.randint(2, 200) + content[start:]


def renumber(content: bytes, chance: random.Random) -> bytes:
    """Change digits, which are lengths, offsets and object numbers."""
    broken = bytearray(content)
    digits = [place for place, byte in enumerate(broken) if 0x30 <= byte <= 0x39]
    for place in chance.sample(digits, k=min(len(digits), chance.randint(1, 300))):
        broken[place] = chance.choice(b"0123456789-")
    return bytes(broken)


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    cut,
    flip,
    drop,
    repeat,
    renumber,
)


def _crafted_pdfs() -> Iterator[Malformed]:
    for name, content in malformed_pdfs.attacks():
        yield Malformed(f"pdf-{name}", content, PDF)


# --- Word documents and other archives -----------------------------------------------------------


def archive(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


def word_parts() -> dict[str, bytes]:
    content = word(lambda document: document.add_paragraph("Text om saken."))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def word_with(body: bytes, head: bytes = b"") -> bytes:
    xml = b'<?xml version="1.0"?>%s<w:document xmlns:w="%s"><w:body>%s</w:body></w:document>' % (
        head,
        _WORD.encode(),
        body,
    )
    return archive({**word_parts(), "word/document.xml": xml})


def paragraph(text: bytes) -> bytes:
    return b"<w:p><w:r><w:t>%s</w:t></w:r></w:p>" % text


def _entities(*declared: bytes) -> bytes:
    return b"<!DOCTYPE w [%s]>" % b"".join(declared)


def _crafted_archives() -> Iterator[Malformed]:
    names = [b"l%d" % n for n in range(10)]
    laughs = [
        b'<!ENTITY %s "%s">' % (upper, b"&%s;" % lower * 10) for lower, upper in pairwise(names)
    ]
    laughs.insert(0, b'<!ENTITY l0 "ha">')
    parts = word_parts()
    types = parts["[Content_Types].xml"]
    relations = parts["_rels/.rels"]
    slip = "../../../../../../tmp/navigator-slipped.xml"
    size, lie = (50_000_000).to_bytes(4, "little"), (500).to_bytes(4, "little")
    lied = archive({**parts, "word/document.xml": bytes(50_000_000)}).replace(size, lie)
    cases = {
        "bomb": archive({**parts, "word/document.xml": bytes(60_000_000)}),
        "bomb-of-xml": word_with(paragraph(b"x") * 1_000_000),
        "bomb-that-lies-of-its-size": lied,
        "bomb-of-attributes": word_with(b'<w:p w:a="' + b"a" * 20_000_000 + b'"/>'),
        "bomb-in-a-picture": archive({**parts, "word/media/image1.png": bytes(60_000_000)}),
        "laughs": word_with(paragraph(b"&l9;"), _entities(*laughs)),
        "quadratic-blow-up": word_with(
            paragraph(b"&a;" * 50_000), _entities(b'<!ENTITY a "%s">' % (b"a" * 50_000))
        ),
        "external-entity": word_with(
            paragraph(b"&f;"), _entities(b'<!ENTITY f SYSTEM "file:///etc/passwd">')
        ),
        "external-doctype": word_with(
            paragraph(b"x"), b'<!DOCTYPE w SYSTEM "http://127.0.0.1:9/x.dtd">'
        ),
        "laughs-in-the-styles": archive(
            {**parts, "word/styles.xml": _entities(*laughs) + b"<styles>&l9;</styles>"}
        ),
        "laughs-in-the-types": archive(
            {**parts, "[Content_Types].xml": _entities(*laughs) + b"<Types>&l9;</Types>"}
        ),
        "slip": archive({**parts, slip: b"<x/>"}),
        "slip-by-relation": archive(
            {**parts, "_rels/.rels": relations.replace(b"word/document.xml", slip.encode())}
        ),
        "relation-outside": archive(
            {
                **parts,
                "_rels/.rels": relations.replace(
                    b'Target="word/document.xml"',
                    b'Target="http://127.0.0.1:9/x" TargetMode="External"',
                ),
            }
        ),
        "relation-to-itself": archive(
            {
                **parts,
                "word/_rels/document.xml.rels": parts["word/_rels/document.xml.rels"].replace(
                    b"styles.xml", b"document.xml"
                ),
            }
        ),
        "types-missing": archive({n: c for n, c in parts.items() if n != "[Content_Types].xml"}),
        "types-wrong": archive({**parts, "[Content_Types].xml": types[:300]}),
        "document-missing": archive({n: c for n, c in parts.items() if "document.xml" not in n}),
        "document-empty": archive({**parts, "word/document.xml": b""}),
        "document-of-another-kind": archive({**parts, "word/document.xml": b"<html/>"}),
        "paragraphs-deep": word_with(b"<w:p>" * 100_000),
        "paragraphs-deep-closed": word_with(b"<w:p>" * 250 + b"</w:p>" * 250),
        "tables-deep": word_with(
            b"<w:tbl><w:tr><w:tc>" * 3_000 + paragraph(b"x") + b"</w:tc></w:tr></w:tbl>" * 3_000
        ),
        "controls-deep": word_with(
            b"<w:sdt><w:sdtContent>" * 80 + paragraph(b"x") + b"</w:sdtContent></w:sdt>" * 80
        ),
        "files-many": archive({f"x/{n}": b"" for n in range(20_000)}),
        "zip-in-zip": archive({**parts, "word/document.xml": archive(parts)}),
        "directory-alone": b"PK\x05\x06" + bytes(18),
        "signature-alone": b"PK\x03\x04",
        "no-zip": b"PK\x03\x04" + b"word/document.xml" * 1_000,
        "encrypted": archive(parts).replace(
            b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x01\x00\x08\x00"
        ),
        "compressed-unknown": archive(parts).replace(
            b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x63\x00"
        ),
    }
    for name, content in cases.items():
        yield Malformed(f"docx-{name}", content, DOCX)


# --- HTML, Markdown and text ---------------------------------------------------------------------


def _crafted_texts() -> Iterator[Malformed]:
    pages = {
        "divs-deep": b"<div>" * 500_000 + b"x",
        "inline-deep": b"<b><i>" * 100_000 + b"x",
        "fonts-deep": b"<font>" * 20_000 + b"x",
        "lists-deep": b"<ul><li>" * 1_900 + b"x",
        "tables-deep": b"<table><tr><td>" * 1_900 + b"x",
        "tables-misnested": b"<table><b>" * 3_000 + b"x",
        "formatting-many": b"<p><a><b><i><u><s><font><nobr>" * 3_000 + b"x",
        "attributes-many": b"<p " + b"".join(b"a%d=1 " % n for n in range(100_000)) + b">x",
        "attribute-long": b"<p title='" + b"a" * 5_000_000 + b"'>x",
        "unclosed": b"<html><p" + b" a" * 500_000,
        "comment-unclosed": b"<html><!--" + b"-" * 2_000_000,
        "script-unclosed": b"<html><script>" + b"x" * 2_000_000,
        "entities": b"<p>" + b"&#x10ffff;&#0;&#xd800;&unknown;" * 20_000,
        "laughs": b"<!DOCTYPE html [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><p>&b;",
        "nul": b"<p>a\x00b<p\x00>c" * 1_000,
        "charset-unknown": b"<meta charset=klingon><p>\xff\xfe\xfd text",
        "charset-is-a-codec": b"<meta charset=zlib><p>text",
        "charset-of-the-system": b"<meta charset=idna><p>\xe5\xe4\xf6 text",
        "numbers-long": b"<ol start=" + b"9" * 10_000 + b"><li>x</ol>",
        "headings-many": b"".join(b"<h%d>x</h%d>" % (n % 6 + 1, n % 6 + 1) for n in range(50_000)),
        "svg": b"<svg>" * 10_000 + b"<foreignObject><p>x",
    }
    notes = {
        "quotes-deep": b">" * 50_000 + b" x",
        "lists-deep": b"- " * 20_000 + b"x",
        "lists-indented": b"".join(b" " * n + b"- x\n" for n in range(2_000)),
        "brackets": b"[" * 20_000 + b"x",
        "brackets-closed": b"[" * 5_000 + b"x" + b"](y)" * 5_000,
        "emphasis": b"*a **b " * 20_000,
        "ticks": b"".join(b"`" * n + b" " for n in range(1_500)),
        "references": b"".join(b"[a%d]: x\n" % n for n in range(10_000)) + b"[a1]" * 10_000,
        "tables-wide": b"|a" * 5_000 + b"\n" + b"|-" * 5_000 + b"\n" + b"|x" * 5_000,
        "html": b"<div" * 20_000,
        "front-matter": b"---\n" * 10_000,
        "entities": b"&" * 100_000,
        "angles": b"<" * 100_000,
        "autolinks": b"<http://a" * 20_000,
    }
    plain = {
        "nul": b"a\x00b" * 1_000,
        "controls": bytes(range(1, 32)) * 3_000,
        "line-long": b"ord " * 300_000,
        "lines-many": b"a\n" * 300_000,
        "blank-lines": b"\n \n\t\n" * 100_000 + b"x",
        "utf-16-cut": "Många ord.".encode("utf-16")[:-1],
        "utf-16-surrogates": b"\xff\xfe" + b"\x00\xd8" * 10_000,
        "utf-8-overlong": b"\xc0\xaf" * 10_000,
        "every-byte": bytes(range(256)) * 500,
        "marks": "a\u0301".encode() + "\u0301".encode() * 500_000,
        "right-to-left": "\u202e\u2066".encode() * 100_000 + b"x",
    }
    for media_type, kind, cases in (
        (HTML, "html", pages),
        (MARKDOWN, "md", notes),
        (PLAIN, "txt", plain),
    ):
        for name, content in cases.items():
            yield Malformed(f"{kind}-{name}", content, media_type)
