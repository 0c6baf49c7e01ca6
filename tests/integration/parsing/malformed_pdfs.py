"""PDF files written by hand, each of which tries one attack."""

import zlib
from collections.abc import Iterator


def pdf_of(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of numbered objects, the first of which is the catalogue."""
    content = b"%PDF-1.7\n"
    offsets = []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        b"%sxref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d %s>>\nstartxref\n%d\n%%%%EOF"
        % (
            content,
            size,
            table,
            size,
            trailer,
            len(content),
        )
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d %s>>\nstream\n%s\nendstream" % (len(content), entries, content)


_CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
_ONE_PAGE = b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 500 700]>>"
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
_PAGE = (
    b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>"
)


def one_page(drawn: bytes, extra: bytes = b"<<>>") -> bytes:
    return pdf_of(_CATALOGUE, _ONE_PAGE, _PAGE, drawn, _FONT, extra)


def bomb(megabytes: int, layers: int = 1) -> bytes:
    content = b"BT /F 9 Tf (x) Tj ET " + bytes(megabytes * 1_000_000)
    for _ in range(layers):
        content = zlib.compress(content, 9)
    return stream(content, b"/Filter[%s]" % (b"/FlateDecode" * layers))


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"3 0 R" for _ in range(count))
    pages = b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 500 700]>>" % (kids, count)
    return pdf_of(_CATALOGUE, pages, _PAGE, stream(b"BT /F 9 Tf (Text) Tj ET"), _FONT, b"<<>>")


def attacks() -> Iterator[tuple[str, bytes]]:
    """Names and files."""
    text = b"BT /F 9 Tf 50 600 Td (Text) Tj ET"
    good = one_page(stream(text))
    root = pdf_of(
        _CATALOGUE, b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>", _PAGE, stream(text), _FONT
    )
    deep = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (n + 1) for n in range(2, 3_000)]
    objects = stream(b"BI /W 100000 /H 100000 /BPC 8 /CS /RGB ID xx EI " + text)
    picture = b"/Type/XObject/Subtype/Image/Width 90000/Height 90000/BitsPerComponent 8"
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
    cases = {
        "flate-bomb": one_page(bomb(120)),
        "flate-bomb-in-a-bomb": one_page(bomb(120, layers=2)),
        "flate-bomb-of-many-layers": one_page(bomb(1, layers=40)),
        "run-length-bomb": one_page(stream(b"\x81x" * 2_000_000, b"/Filter/RunLengthDecode")),
        "lzw-bomb": one_page(stream(b"\x80\x0b\x60\x50" * 500_000, b"/Filter/LZWDecode")),
        "predictor-of-many-columns": one_page(
            stream(
                zlib.compress(bytes(9_999)),
                b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 999999999>>",
            )
        ),
        "pages-10000": many_pages(10_000),
        "pages-says-2-billion": good.replace(b"/Count 1", b"/Count 2000000000"),
        "pages-says-minus-one": good.replace(b"/Count 1", b"/Count -1"),
        "page-tree-cycle": root,
        "page-tree-deep": pdf_of(_CATALOGUE, *deep, b"<</Type/Page>>"),
        "page-is-its-own-parent": good.replace(b"/Parent 2 0 R", b"/Parent 3 0 R"),
        "catalogue-is-its-pages": pdf_of(b"<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>"),
        "no-xref": good[: good.index(b"xref")],
        "xref-elsewhere": good.replace(b"startxref\n", b"startxref\n9"),
        "xref-negative": good.replace(b"startxref\n", b"startxref\n-"),
        "xref-of-2-billion": good.replace(b"xref\n0 7", b"xref\n0 2000000000"),
        "xref-garbage": good.replace(b" 00000 n", b" zzzzz q"),
        "xref-prev-cycle": pdf_of(
            _CATALOGUE, _ONE_PAGE, _PAGE, stream(text), _FONT, trailer=b"/Root 1 0 R/Prev 0"
        ),
        "root-missing": good.replace(b"/Root 1 0 R", b""),
        "root-is-a-number": pdf_of(b"17"),
        "root-points-at-itself": pdf_of(b"1 0 R"),
        "length-points-at-itself": one_page(b"<</Length 4 0 R>>\nstream\n" + text + b"\nendstream"),
        "length-of-2-billion": one_page(stream(text).replace(b"/Length ", b"/Length 2000000")),
        "length-negative": one_page(stream(text).replace(b"/Length ", b"/Length -")),
        "arrays-deep": one_page(stream(b"[" * 200_000 + text)),
        "dictionaries-deep": pdf_of(b"<</A" * 20_000 + b">>" * 20_000),
        "states-deep": one_page(stream(b"q " * 300_000 + text)),
        "inline-image-huge": one_page(objects),
        "image-huge": one_page(stream(b"/X Do " + text), stream(b"x", picture)),
        "form-in-itself": one_page(stream(b"/X Do " + text), stream(b"/X Do", form)),
        "text-long": one_page(stream(b"BT /F 9 Tf (" + b"a" * 1_000_000 + b") Tj ET")),
        "text-pieces": one_page(stream(b"BT /F 9 Tf " + b"(a) Tj " * 30_000 + b"ET")),
        "font-size-huge": one_page(stream(text.replace(b" 9 Tf", b" 9e99 Tf"))),
        "matrix-not-a-number": one_page(stream(b"nan inf 0 0 0 0 cm " + text)),
        "encrypted-by-nobody": pdf_of(_CATALOGUE, trailer=b"/Root 1 0 R/Encrypt<</Filter/None>>"),
        "javascript": good.replace(b"/Pages 2 0 R", b"/Pages 2 0 R/OpenAction<</S/JavaScript>>"),
        "map-of-characters-huge": one_page(stream(text)).replace(
            b"/BaseFont/Helvetica", b"/BaseFont/Helvetica/ToUnicode 6 0 R"
        ),
        "header-alone": b"%PDF-1.7",
        "headers-many": b"%PDF-1.7\n" * 50_000,
        "startxref-many": good + b"\nstartxref\n0\n%%EOF" * 20_000,
        "objects-many": pdf_of(_CATALOGUE, *[b"<<>>"] * 40_000),
    }
    ranges = b"begincmap 1 beginbfrange <0000> <ffffffff> <0041> endbfrange endcmap"
    cases["character-range-huge"] = one_page(stream(text), stream(ranges)).replace(
        b"/BaseFont/Helvetica", b"/BaseFont/Helvetica/ToUnicode 6 0 R"
    )
    yield from cases.items()
