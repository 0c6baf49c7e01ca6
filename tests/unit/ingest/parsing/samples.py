"""Documents that tests make themselves."""

import io

import docx
import typst
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

PICTURE_PIXELS = 8


def pdf(markup):
    return typst.compile(markup.encode(), format="pdf", ignore_system_fonts=True)


def word(write):
    document = docx.Document()
    write(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def written(writer):
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def break_laid_out(run):
    run._r.insert(0, OxmlElement("w:lastRenderedPageBreak"))


def mark_language(run, tag):
    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), tag)
    run._r.get_or_add_rPr().append(mark)


def with_scans(content, *numbers, stamp=None):
    """The PDF with those pages' text taken away and a picture in its place, perhaps stamped."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    picture = StreamObject()
    picture.set_data(bytes(PICTURE_PIXELS * PICTURE_PIXELS))
    picture.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(PICTURE_PIXELS),
            NameObject("/Height"): NumberObject(PICTURE_PIXELS),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
            NameObject("/BitsPerComponent"): NumberObject(8),
        }
    )
    held = DictionaryObject({NameObject("/Scan"): writer._add_object(picture)})
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F"): font})
    drawn = StreamObject()
    written_over = f"BT /F 9 Tf 50 800 Td ({stamp}) Tj ET" if stamp else ""
    drawn.set_data(f"q 500 0 0 700 50 50 cm /Scan Do Q {written_over}".encode())
    for number in numbers:
        page = writer.pages[number - 1]
        page[NameObject("/Contents")] = writer._add_object(drawn)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/XObject"): held, NameObject("/Font"): fonts}
        )
    return written(writer)
