"""Scanned pages, made here from a page that is set and drawn, read with Debian's tesseract."""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pypdfium2
import pytest
import typst

from libs.errors import InvalidInput
from libs.runtime.platform import Platform
from libs.runtime.settings import PlatformSettings
from services.ingest.app import build
from services.ingest.parsing.detection import PDF
from services.ingest.parsing.limits import ParseLimits
from services.ingest.parsing.ocr_packages import missing
from services.ingest.parsing.worker_reader import WorkerReader
from services.ingest.settings import IngestSettings

LANGUAGES = "swe+eng"
PAGES = """
#set page(paper: "a4")
#set text(size: 12pt)
#text(size: 26pt)[Ett rum i biblioteket]

Östersunds äldre får hjälp med räkningar på torsdagar. Kommunen öppnade ett rum i biblioteket, och
där sitter två frivilliga.

Efter ett år kom fyrtio personer varje månad.
#pagebreak()
Gör det enkelt att komma in. Två frivilliga räcker långt.
"""
"""Set as two pages."""

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None and not os.environ.get("CI"), reason="needs tesseract"
)


def drawn(pages: bytes, *numbers: int) -> bytes:
    """The PDF with those pages as pictures of themselves, as a scanner makes them."""
    source, made = pypdfium2.PdfDocument(pages), pypdfium2.PdfDocument.new()
    for index in range(len(source)):
        if index + 1 not in numbers:
            made.import_pages(source, [index])
            continue
        width, height = source[index].get_size()
        picture = pypdfium2.PdfImage.new(made)
        picture.set_bitmap(source[index].render(scale=200 / 72, grayscale=True))
        picture.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
        page = made.new_page(width, height)
        page.insert_obj(picture)
        page.gen_content()
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def typeset() -> bytes:
    return typst.compile(PAGES.encode(), format="pdf", ignore_system_fonts=True)


@pytest.fixture
def reader() -> Iterator[WorkerReader]:
    reader = WorkerReader(ParseLimits(ocr_languages=LANGUAGES))
    yield reader
    reader.close()


def refused(limits: ParseLimits) -> str:
    """The code with which a scan is refused."""
    with (
        closing(WorkerReader(limits)) as reader,
        pytest.raises(InvalidInput) as error,
    ):
        reader.read(drawn(typeset(), 1, 2), PDF)
    return error.value.code


def test_what_is_to_be_installed() -> None:
    told = missing("swe+xxx_lang")
    assert told
    assert told.endswith("tesseract-ocr-swe tesseract-ocr-xxx-lang")


@needs_tesseract
def test_nothing_is_missing() -> None:
    assert missing(LANGUAGES) is None


def test_ingest_does_not_start_without_its_languages(tmp_path: Path) -> None:
    settings = IngestSettings(ocr_languages="swe+xxx")
    platform = Platform(PlatformSettings(data_dir=tmp_path))
    with pytest.raises(InvalidInput, match=r"OCR_LANGUAGES is swe\+xxx, but: .*swe"):
        build(settings, platform)


@needs_tesseract
def test_a_scan_is_read(reader: WorkerReader) -> None:
    document = reader.read(drawn(typeset(), 1, 2), PDF)
    assert (document.recognised_pages, document.scanned_pages) == ((1, 2), ())
    assert document.title == "Ett rum i biblioteket"
    assert [(section.page, section.text) for section in document.sections] == [
        (
            1,
            (
                "Östersunds äldre får hjälp med räkningar på torsdagar. Kommunen öppnade ett rum i "
                "biblioteket, och där sitter två frivilliga.\n\n"
                "Efter ett år kom fyrtio personer varje månad."
            ),
        ),
        (2, "Gör det enkelt att komma in. Två frivilliga räcker långt."),
    ]


@needs_tesseract
def test_only_the_scanned_page_is_recognised(reader: WorkerReader) -> None:
    document = reader.read(drawn(typeset(), 2), PDF)
    assert document.recognised_pages == (2,)
    assert [section.page for section in document.sections] == [1, 2]


@needs_tesseract
def test_text_recognition_counts_against_the_time() -> None:
    assert refused(ParseLimits(ocr_languages=LANGUAGES, wall_s=0.5)) == "parse-timeout"


@needs_tesseract
def test_a_page_that_tesseract_fails_on_is_told() -> None:
    # The service asks for the languages at its start; here one was removed since.
    assert refused(ParseLimits(ocr_languages="none")) == "text-recognition-failed"


def test_without_text_recognition_a_scan_is_refused() -> None:
    assert refused(ParseLimits()) == "no-text-layer"
