"""Small documents in several languages, built here, read back in every format."""

import pytest
import typst
from docx.oxml import OxmlElement

from services.ingest.parsing.detection import DOCX, HTML, MARKDOWN, PDF, PLAIN
from services.ingest.parsing.parser import parse
from tests.unit.ingest.parsing.samples import word

LETTERS = "åäö õ ļ ė ł ß æ ø"
SENTENCES = (
    "Östersunds äldre får hjälp med räkningar på torsdagar.",
    "Võrumaa külades käib õpetaja kord nädalas.",
    "Latgalē pakalpojumu autobuss brauc ļoti lēni.",
    "Jaunuolių klasėse įvesta ramybės valanda.",
    "Spółdzielnia zatrudniła dwanaście osób z Mrągowa.",
    "Die Straße wurde größer und grüner.",
    "Fællesskabet på øen åbnede en genbrugsbutik.",
)


def texts(document):
    return [(section.heading, section.text) for section in document.sections]


def pdf(markup):
    # A foot repeated on the pages is dropped; on a single page nothing tells it from text.
    foot = "[Fot #counter(page).display()]" if "pagebreak" in markup else "none"
    head = f'#set page(paper: "a4", footer: context {foot})\n'
    return typst.compile((head + markup).encode(), format="pdf", ignore_system_fonts=True)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_format_keeps_the_letters(sentence):
    contents = {
        PLAIN: sentence.encode(),
        MARKDOWN: f"# Titel\n\n{sentence}".encode(),
        HTML: f"<!doctype html><h1>Titel</h1><p>{sentence}</p>".encode(),
        DOCX: word(lambda document: document.add_paragraph(sentence)),
        PDF: pdf(sentence),
    }
    for media_type, content in contents.items():
        assert texts(parse(content, media_type)) == [(None, sentence)], media_type


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_plain_text_in_other_encodings(encoding):
    text = (
        "Äldre på landsbygden behöver hjälp. Många har svårt att nå vården när bussen är inställd."
    )
    assert texts(parse(text.encode(encoding), PLAIN)) == [(None, text)]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Spółdzielnia zatrudniła dwanaście osób. Większość z nich została na dłużej."),
        ("cp1257", "Latgalē autobuss brauc ļoti lēni, bet iedzīvotāji ir apmierināti."),
        ("cp1257", "Jaunuolių klasėse įvesta ramybės valanda. Mokytojai ir tėvai ją įvertino."),
    ],
)
def test_plain_text_in_eastern_encodings(encoding, text):
    assert texts(parse(text.encode(encoding), PLAIN)) == [(None, text)]


def test_plain_text_headings_and_wrapped_lines():
    content = (
        "Slutrapport\n===========\n\n"
        "Bakgrund\n\n"
        "Kommunen hade länge sökt ett sätt att nå de unga som varken arbe-\n"
        "tar eller studerar, och som ingen hade talat med på flera år i\n"
        "rad. Det gick.\r\n\r\n\r\n\r\n"
        "Steg\n\n1. Ring.\n2. Vänta.\n"
    )
    document = parse(content.encode(), PLAIN)
    assert document.title == "Slutrapport"
    assert texts(document) == [
        (
            "Bakgrund",
            (
                "Kommunen hade länge sökt ett sätt att nå de unga som varken arbetar eller "
                "studerar, och som ingen hade talat med på flera år i rad. Det gick."
            ),
        ),
        ("Steg", "1. Ring.\n2. Vänta."),
    ]


def test_text_is_normalised():
    content = "a\u030angstro\u0308m\x00 \x07 och\u00a0\u00a0 mjukt\u00adbindestreck.\n \n\n\nslut"
    document = parse(content.encode(), PLAIN)
    assert texts(document) == [(None, "ångström och mjuktbindestreck.\n\nslut")]


def test_markdown_structure():
    content = f"""---
title: 'Ur huvudet'
---
# Vår *titel*

> Ett citat
> på två rader

## Metod och `steg`

3. ett
4. två
   - under

| Mått | Före |
|---|--:|
| {LETTERS} | **38 %** |

## Tom

### Fylld

Rad\\
ny rad med [länk](https://example.org) &amp; <b>fet</b>
"""
    document = parse(content.encode(), MARKDOWN)
    assert document.title == "Vår titel"
    assert texts(document) == [
        (None, "Ett citat på två rader"),
        ("Metod och steg", f"3. ett\n4. två\n- under\n\nMått | Före\n{LETTERS} | 38 %"),
        ("Tom / Fylld", "Rad\nny rad med länk & fet"),
    ]


def test_markdown_title_from_its_front_matter():
    document = parse(b"---\r\ntitle: Rapporten\r\n---\r\nText.", MARKDOWN)
    assert document.title == "Rapporten"


def test_html_structure_without_the_surroundings():
    content = f"""<!doctype html><html><head><title>Sida &ndash; kommun</title><style>p {{}}</style>
    </head><body><nav>Meny</nav><header>Logga</header><aside>Annons</aside>
    <form>Sök <input></form><script>var x = "<p>nej</p>"</script>
    <article><header><h1>Vår
    titel</h1></header><p>Text <b>i</b>
    rader<br>bruten</p><h2>Metod &amp; steg</h2>
    <ol start="3"><li>ett</li><li><p>två</p><ul><li>under</ul></ol>efter
    <table><tr><th>Mått<td><p>Före</p></tr><tr><td>{LETTERS}<td>38 %</table>
    <h3>Tom</h3><h4>Fylld</h4><blockquote><p>Citat</p></blockquote></article>
    <footer>Kontakt</footer></body></html>"""
    document = parse(content.encode(), HTML)
    assert document.title == "Vår titel"
    assert texts(document) == [
        (None, "Text i rader\nbruten"),
        (
            "Metod & steg",
            f"3. ett\n4. två\n- under\n\nefter\n\nMått | Före\n{LETTERS} | 38 %",
        ),
        ("Metod & steg / Tom / Fylld", "Citat"),
    ]


def test_html_title_and_declared_encoding():
    page = '<meta charset="windows-1257"><title>Klasės ramybė</title><h1>A</h1>a<h1>B</h1>ė'
    document = parse(page.encode("cp1257"), HTML)
    assert document.title == "Klasės ramybė"
    assert texts(document) == [("A", "a"), ("B", "ė")]


def test_docx_structure():
    def write(document):
        document.add_heading("Vår titel", level=0)
        document.add_paragraph("Inledning.")
        document.add_heading("Steg", level=1)
        for item in ("ett", "två"):
            document.add_paragraph(item, style="List Number")
        document.add_paragraph("mellan")
        for item in ("tre", "fyra"):
            document.add_paragraph(item, style="List Bullet")
        document.add_heading("Tabell", level=2)
        table = document.add_table(2, 2)
        for cell, text in zip(
            [*table.rows[0].cells, *table.rows[1].cells],
            ["Mått", "Före", LETTERS, "38 %"],
            strict=True,
        ):
            cell.text = text

    document = parse(word(write), DOCX)
    assert document.title == "Vår titel"
    assert texts(document) == [
        (None, "Inledning."),
        ("Steg", "1. ett\n2. två\n\nmellan\n\n- tre\n- fyra"),
        ("Steg / Tabell", f"Mått | Före\n{LETTERS} | 38 %"),
    ]


def test_docx_table_in_a_table_and_content_control():
    def write(document):
        cell = document.add_table(1, 2).rows[0].cells[1]
        cell.text = "yttre"
        cell.add_table(1, 1).rows[0].cells[0].text = "inre"
        paragraph = document.add_paragraph("I en mall.")._p
        control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        paragraph.addprevious(control)
        control.append(content)
        content.append(paragraph)

    assert texts(parse(word(write), DOCX)) == [(None, "| yttre inre\n\nI en mall.")]


def test_pdf_headings_pages_and_paragraphs():
    document = parse(
        pdf(
            '#set text(size: 10pt, lang: "sv")\n#set par(justify: true)\n'
            "#text(size: 20pt)[Vår titel]\n\nInledning om saken.\n"
            "= Första rubriken\n"
            "Det här är ett längre stycke som måste brytas över raderna, eftersom det är så långt "
            "att det omöjligen ryms på en enda rad av papperet.\n\nEtt andra stycke.\n"
            "+ ett\n+ två\n"
            "#table(columns: (1fr, auto), [Mått], [Före], [Antal], [38])\n"
            f"#pagebreak()\nNästa sida med {LETTERS}.\n= Andra rubriken\nSlut."
        ),
        PDF,
    )
    assert document.title == "Vår titel"
    long = (
        "Det här är ett längre stycke som måste brytas över raderna, eftersom det är så långt "
        "att det omöjligen ryms på en enda rad av papperet."
    )
    steps = "Ett andra stycke.\n1. ett\n2. två"
    assert [(section.heading, section.page, section.text) for section in document.sections] == [
        (None, 1, "Inledning om saken."),
        ("Första rubriken", 1, f"{long}\n\n{steps}\n\nMått | Före\nAntal | 38"),
        ("Första rubriken", 2, f"Nästa sida med {LETTERS}."),
        ("Andra rubriken", 2, "Slut."),
    ]


def test_pdf_sentence_goes_on_over_the_page():
    document = parse(
        pdf("Meningen fortsätter på nästa\n#pagebreak()\nsida och slutar där.\n\nNy mening."), PDF
    )
    assert [(section.page, section.text) for section in document.sections] == [
        (1, "Meningen fortsätter på nästa sida och slutar där."),
        (2, "Ny mening."),
    ]
