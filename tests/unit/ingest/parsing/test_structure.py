"""What is kept beside the text: pages, the way of headings, the language, what is a scan."""

import pytest

from libs.errors import InvalidInput
from services.ingest.parsing.detection import DOCX, HTML, MARKDOWN, PDF
from services.ingest.parsing.languages import language_tag
from services.ingest.parsing.parser import parse
from services.ingest.parsing.pdf_lines import Line
from services.ingest.parsing.reader import reading_detail
from tests.unit.ingest.parsing.samples import (
    break_laid_out,
    mark_language,
    pdf,
    with_scans,
    word,
)

FOUR_PAGES = "#pagebreak()\n".join(f"= Rubrik {n}\nText om sak {n}.\n" for n in "ABCD")


def headings(content, media_type):
    return [section.heading for section in parse(content, media_type).sections]


def test_a_heading_carries_those_over_it():
    content = "# T\n## A\na\n### B\n#### C\nc\n### D\nd\n## E\n## F\nf\n## G"
    found = parse(content.encode(), MARKDOWN).sections
    assert [(section.heading, section.text) for section in found] == [
        ("A", "a"),
        ("A / B / C", "c"),
        ("A / D", "d"),
        ("E / F", "f"),
        (None, "G"),
    ]


def test_a_way_that_is_too_long_loses_its_beginning():
    content = f"# T\n## {'a' * 200}\nx\n### {'b' * 150}\ny\n"
    assert headings(content.encode(), MARKDOWN) == ["a" * 200, "b" * 150]


def test_pages_of_a_word_document_as_word_laid_it_out():
    def write(document):
        document.add_heading("Ett", level=1)
        document.add_paragraph("Första sidan.")
        break_laid_out(document.add_paragraph("Andra sidan.").runs[0])
        document.add_paragraph("punkt", style="List Bullet")
        table = document.add_table(1, 1)
        table.rows[0].cells[0].text = "cell"
        document.add_heading("Två", level=1)
        middle = document.add_paragraph("Börjar på den andra ")
        break_laid_out(middle.add_run("och slutar på den tredje."))
        document.add_paragraph("Tredje.")

    found = parse(word(write), DOCX).sections
    assert [(section.page, section.text) for section in found] == [
        (1, "Första sidan."),
        (2, "Andra sidan.\n\n- punkt\n\ncell"),
        (2, "Börjar på den andra och slutar på den tredje."),
        (3, "Tredje."),
    ]


def test_a_word_document_without_layout_tells_no_pages():
    def write(document):
        document.add_paragraph("Ett.")
        document.add_page_break()
        document.add_paragraph("Två.")

    assert [section.page for section in parse(word(write), DOCX).sections] == [None]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("sv-SE", "sv"),
        ("sv_SE", "sv"),
        ("NO", "nb"),
        ("swe", "sv"),
        (" de ", "de"),
        ("und", None),
        ("Svenska", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_what_a_declared_language_is(declared, expected):
    assert language_tag(declared) == expected


def test_declared_languages():
    page = b"<!doctype html><html lang='fi-FI'><p>Teksti</p></html>"
    assert parse(page, HTML).language == "fi"
    assert parse(b"<p>Teksti</p>", HTML).language is None
    assert parse(pdf('#set text(lang: "lv")\nTeksts.'), PDF).language == "lv"
    assert parse(b"Text", MARKDOWN).language is None


def test_the_language_that_most_of_a_word_document_is_marked_with():
    def write(document):
        for text in ("En mening.", "En till.", "And one."):
            run = document.add_paragraph(text).runs[0]
            mark_language(run, "sv-SE" if text.startswith("En") else "en-GB")

    assert parse(word(write), DOCX).language == "sv"
    # The template of python-docx says that it is English.
    assert parse(word(lambda document: document.add_paragraph("Ett.")), DOCX).language == "en"


def test_scanned_pages_among_others_are_told():
    document = parse(with_scans(pdf(FOUR_PAGES), 2, 3), PDF)
    assert document.scanned_pages == (2, 3)
    assert [section.page for section in document.sections] == [1, 4]
    assert reading_detail([("rapport.pdf", document)]) == {
        "scanned_pages": 2,
        "pages_not_read": "2-3",
    }


def test_an_empty_page_is_no_scan():
    document = parse(pdf(f"{FOUR_PAGES}#pagebreak()\n#pagebreak()\nSlut."), PDF)
    assert document.scanned_pages == ()
    assert reading_detail([("rapport.pdf", document)]) == {}


def test_pages_that_all_say_the_same_are_no_scans():
    document = parse(pdf("Samma text.\n#pagebreak()\nSamma text.\n#pagebreak()\nSamma text."), PDF)
    assert document.scanned_pages == ()
    assert [section.page for section in document.sections] == [1, 2, 3]


def test_what_is_stamped_on_every_page_of_a_scan_is_no_text():
    stamped = "#set page(header: [Arkiv 17/2026])\n" + FOUR_PAGES
    document = parse(with_scans(pdf(stamped), 2, stamp="Arkiv 17/2026"), PDF)
    assert document.scanned_pages == (2,)


def test_a_document_of_scans_alone_is_refused():
    with pytest.raises(InvalidInput) as refused:
        parse(with_scans(pdf(FOUR_PAGES), 1, 2, 3, 4), PDF)
    assert refused.value.code == "no-text-layer"


class OnePage:
    """Finds words on the given page alone."""

    def __init__(self, number):
        self._number = number

    def lines_of(self, content, numbers):
        line = Line("Avläst text.", self._number, x=50, y=-50, size=11, bold=False)
        return {number: [line] for number in numbers if number == self._number}


def test_recognised_pages_are_read_and_the_rest_is_told():
    document = parse(with_scans(pdf(FOUR_PAGES), 1, 2, 3, 4), PDF, OnePage(3))
    assert [(section.page, section.text) for section in document.sections] == [(3, "Avläst text.")]
    assert document.recognised_pages == (3,)
    assert document.scanned_pages == (1, 2, 4)
    assert reading_detail([("rapport.pdf", document)]) == {
        "scanned_pages": 3,
        "pages_not_read": "1-2, 4",
        "recognised_pages": 1,
    }
