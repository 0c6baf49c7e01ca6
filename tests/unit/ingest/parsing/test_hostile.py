"""Broken and hostile documents: each ends in an `InvalidInput` with its code, none otherwise."""

import io
import random
import time
import zipfile

import docx
import pytest
import typst
from pypdf import PdfReader, PdfWriter

from libs.errors import InvalidInput, TooLarge, UnsupportedFormat
from libs.events.report import MAX_TEXT_CHARS
from services.ingest.parsing import docx as word
from services.ingest.parsing.detection import DOCX, HTML, MARKDOWN, MEDIA_TYPES, PDF, PLAIN
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.parser import parse
from services.ingest.parsing.pdf import MAX_PAGES

MAGIC = {PDF: b"%PDF-1.7\n", DOCX: b"PK\x03\x04", HTML: b"<html>", MARKDOWN: b"# ", PLAIN: b""}


def code_of(content, media_type):
    with pytest.raises(InvalidInput) as caught:
        parse(content, media_type)
    assert caught.value.detail.endswith((".", "first."))
    return caught.value.code


def pdf_bytes():
    return typst.compile(b"= Rubrik\nText om saken.", format="pdf", ignore_system_fonts=True)


def docx_bytes():
    document = docx.Document()
    document.add_heading("Rubrik")
    document.add_paragraph("Text om saken.")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def with_document_xml(xml):
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx_bytes())) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "word/document.xml" else old.read(name))
    return changed.getvalue()


def written(writer):
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize("content", [b"", b" \n\t\r\n"])
def test_empty(media_type, content):
    assert code_of(content, media_type) == "no-text"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (HTML, b"<html><body><nav>x</nav></body></html>"),
        (MARKDOWN, b"---\n\n---\n"),
        (PLAIN, "\u200b\u00ad \x07".encode()),
        (DOCX, None),
    ],
)
def test_no_text(media_type, content):
    if content is None:
        stream = io.BytesIO()
        docx.Document().save(stream)
        content = stream.getvalue()
    assert code_of(content, media_type) == "no-text"


@pytest.mark.parametrize("build", [pdf_bytes, docx_bytes])
def test_truncated(build):
    content = build()
    media_type = PDF if build is pdf_bytes else DOCX
    for part in range(1, 20):
        short = content[: len(content) * part // 20]
        try:
            assert isinstance(parse(short, media_type), ParsedDocument)
        except InvalidInput as error:
            assert error.code in {"unreadable-document", "no-text", "no-text-layer"}  # noqa: PT017


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_random_bytes_with_the_right_magic(media_type):
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret
    for _ in range(20):
        content = MAGIC[media_type] + chance.randbytes(chance.randint(1, 5_000))
        try:
            assert isinstance(parse(content, media_type), ParsedDocument)
        except InvalidInput as error:
            assert error.code in {"unreadable-document", "no-text", "no-text-layer"}  # noqa: PT017


@pytest.mark.parametrize("build", [pdf_bytes, docx_bytes])
def test_flipped_bytes(build):
    chance = random.Random(11)  # noqa: S311 - repeatable, not secret
    content = build()
    media_type = PDF if build is pdf_bytes else DOCX
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(chance.randint(1, 30)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            assert isinstance(parse(bytes(broken), media_type), ParsedDocument)
        except InvalidInput as error:
            assert error.detail  # noqa: PT017


def test_scan():
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    assert code_of(written(writer), PDF) == "no-text-layer"


def test_encrypted():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_bytes())))
    writer.encrypt("hemligt", algorithm="AES-256")
    assert code_of(written(writer), PDF) == "encrypted"


def test_pdf_that_only_restricts_printing_is_read():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_bytes())))
    writer.encrypt("", owner_password="hemligt", algorithm="AES-256")  # noqa: S106 - a test's own
    assert parse(written(writer), PDF).sections[0].text == "Text om saken."


def test_too_many_pages():
    writer = PdfWriter()
    for _ in range(MAX_PAGES + 1):
        writer.add_blank_page(10, 10)
    with pytest.raises(TooLarge, match="pages"):
        parse(written(writer), PDF)


def test_too_much_text():
    with pytest.raises(TooLarge, match="characters"):
        parse(b"Ord och ord. \n\n" * (MAX_TEXT_CHARS // 10), PLAIN)


def test_zip_bomb_is_refused_by_its_directory():
    stream = io.BytesIO()
    block = bytes(1_000_000)
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(word.MAX_UNPACKED_BYTES // len(block) + 1):
            part.write(block)
    content = stream.getvalue()
    assert len(content) < 1_000_000
    started = time.monotonic()
    with pytest.raises(TooLarge, match="unpack"):
        parse(content, DOCX)
    assert time.monotonic() - started < 1


def test_billion_laughs():
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{entities}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>"
    )
    assert code_of(with_document_xml(xml), DOCX) == "unreadable-document"


def test_entity_that_reads_a_file(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hemligt")
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY f SYSTEM "{secret.as_uri()}">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>&f;</w:t></w:r></w:p></w:body></w:document>"
    )
    assert code_of(with_document_xml(xml), DOCX) == "unreadable-document"


@pytest.mark.parametrize("xml", ["", "<x/>", "<w:document", "<w:p>" * 100_000])
def test_broken_word_xml(xml):
    assert code_of(with_document_xml(xml), DOCX) == "unreadable-document"


def test_deeply_nested_html_is_refused_at_once():
    started = time.monotonic()
    assert code_of(b"<div>" * 200_000 + b"x", HTML) == "unreadable-document"
    assert time.monotonic() - started < 2


def test_deeply_nested_markdown():
    for content in (b">" * 5_000 + b" x", b"- " * 5_000 + b"x", b"[" * 5_000 + b"x"):
        try:
            assert isinstance(parse(content, MARKDOWN), ParsedDocument)
        except InvalidInput as error:
            assert error.code in {"no-text", "unreadable-document"}  # noqa: PT017


def test_other_media_types_are_not_read():
    with pytest.raises(UnsupportedFormat):
        parse(b"{}", "application/json")
