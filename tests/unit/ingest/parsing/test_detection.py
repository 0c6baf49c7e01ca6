import io
import zipfile

import pytest

from libs.errors import UnsupportedFormat
from services.ingest.parsing.detection import DOCX, HTML, MARKDOWN, PDF, PLAIN, sniff


def archive(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return stream.getvalue()


WORD = archive("[Content_Types].xml", "word/document.xml")
SHEET = archive("[Content_Types].xml", "xl/workbook.xml")
PAGE = b"\xef\xbb\xbf \n<!DOCTYPE html><p>Hej"
TEXT = "Ett vanligt brev på svenska.".encode()


@pytest.mark.parametrize(
    ("content", "declared", "filename", "expected"),
    [
        (b"%PDF-1.4 x", "application/pdf", None, PDF),
        (b"%PDF-1.4 x", None, "rapport.docx", PDF),
        (b"junk\x00\x01\n%PDF-1.4 x", "application/octet-stream", None, PDF),
        (WORD, DOCX, None, DOCX),
        (WORD, "", "rapport", DOCX),
        (PAGE, "text/html; charset=utf-8", None, HTML),
        (PAGE, "application/xhtml+xml", None, HTML),
        (PAGE, "application/octet-stream", None, HTML),
        (PAGE, "text/plain", None, HTML),
        (b"<?xml version='1.0'?><!-- a --><html>", None, None, HTML),
        (b"<p>bara en bit", "text/html", None, HTML),
        (b"<p>bara en bit", None, "sida.HTM", HTML),
        (TEXT, "text/plain", None, PLAIN),
        (TEXT, None, None, PLAIN),
        (TEXT, None, "rapport.md", MARKDOWN),
        (TEXT, "text/plain", "rapport.md", MARKDOWN),
        (TEXT, "text/x-markdown", None, MARKDOWN),
        (TEXT.decode().encode("utf-16"), "text/plain", None, PLAIN),
        (TEXT.decode().encode("cp1252"), "text/plain", None, PLAIN),
        (b"Om formatet: en fil inleds med %PDF-1.4.", "text/plain", None, PLAIN),
        (b"", "text/plain", None, PLAIN),
    ],
)
def test_what_a_document_is(content, declared, filename, expected):
    assert sniff(content, declared, filename) == expected


@pytest.mark.parametrize(
    ("content", "declared", "says"),
    [
        (TEXT, "application/pdf", "its bytes are text/plain"),
        (b"%PDF-1.4 x", DOCX, "its bytes are application/pdf"),
        (b"%PDF-1.4 x", "text/plain", "its bytes are application/pdf"),
        (WORD, "application/pdf", "its bytes are application/vnd"),
        (SHEET, None, "navigator import"),
        (TEXT, "text/csv", "POST /v1/bulk/table"),
        (TEXT, "image/png", "image/png are not read"),
        (b"\x89PNG\r\n", None, "a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/octet-stream", "old Office"),
        (b"{\\rtf1", None, "RTF"),
        (bytes(100), "text/plain", "binary data"),
        (bytes(range(1, 32)) * 10, None, "binary data"),
    ],
)
def test_what_is_refused(content, declared, says):
    with pytest.raises(UnsupportedFormat, match=says):
        sniff(content, declared, None)


@pytest.mark.parametrize("filename", ["lista.csv", "Lista.XLSX", "lista.ods", "lista.xls"])
def test_a_table_is_sent_elsewhere(filename):
    with pytest.raises(UnsupportedFormat, match="POST /v1/bulk/table"):
        sniff(TEXT, None, filename)
