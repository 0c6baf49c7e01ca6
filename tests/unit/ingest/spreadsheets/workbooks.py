"""Workbooks written by hand, so that a test can say exactly what stands in them."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def xlsx(sheets: Mapping[str, str], texts: tuple[str, ...] = ()) -> bytes:
    """A workbook of sheets whose rows are given as XML."""
    numbered = list(enumerate(sheets, start=1))
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/'
        '2006/content-types"/>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" Type="'
        f'{_LINKED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKED}"><sheets>'
        + "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}">'
        + "".join(
            f'<Relationship Id="r{i}" Type="{_LINKED}/worksheet" Target="worksheets/s{i}.xml"/>'
            for i, _ in numbered
        )
        + f'<Relationship Id="t" Type="{_LINKED}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/sharedStrings.xml": f'{_HEAD}<sst xmlns="{_MAIN}">'
        + "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
        + "</sst>",
        **{
            f"xl/worksheets/s{i}.xml": f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{sheets[n]}'
            "</sheetData></worksheet>"
            for i, n in numbered
        },
    }
    return packed(parts)


def xlsx_rows(*rows: tuple[str | float, ...], top: int = 1) -> str:
    """Rows as XML, from row `top` on."""
    return "".join(
        f'<row r="{number}">'
        + "".join(_cell(value, f"{chr(65 + place)}{number}") for place, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, start=top)
    )


def ods(rows: str) -> bytes:
    """An OpenDocument file with one sheet whose rows are given as XML."""
    names = " ".join(f'xmlns:{n}="{_OFFICE}:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f"{_HEAD}<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="Blad">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    media_type = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'{_HEAD}<manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0"/>'
    return packed(
        {"mimetype": media_type, "content.xml": content, "META-INF/manifest.xml": manifest}
    )


def ods_row(*texts: str, repeated: int = 1) -> str:
    """A row of texts as XML."""
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p>'
        "</table:table-cell>"
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def packed(parts: Mapping[str, str]) -> bytes:
    """A zip archive of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _cell(value: str | float, place: str) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
