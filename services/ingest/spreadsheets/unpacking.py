"""What a workbook would unpack to, counted before the library that reads it opens it.

That library keeps a sheet as one block from its first cell to its last, and a text once for each
cell that refers to it: a file of a few hundred bytes with a cell in each of two far corners would
ask for 550 GB, and no error of Python's would be raised.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from libs.errors import TooLarge
from services.ingest.spreadsheets.grid import damaged
from services.ingest.spreadsheets.sheet_size import OdsSize, XlsxSize, XlsxTexts

MAX_UNPACKED: Final = 300_000_000
_MAX_PARTS: Final = 2_000
_CHUNK: Final = 65_536
_LOCAL_HEADER: Final = 30
_LONGEST_TAG: Final = 1_000_000


def check_archive(content: bytes) -> None:
    """Look through an XLSX or ODS file.

    Raises TooLarge for one that unpacks to too much or holds too large a sheet, InvalidInput
    (`unreadable-document`) for one that is no whole archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
        if len(parts) > _MAX_PARTS:
            raise _bomb()
        _check_parts(content, parts)
    except (zipfile.BadZipFile, zlib.error, ValueError, OverflowError, EOFError) as error:
        raise damaged() from error


def _check_parts(content: bytes, parts: list[zipfile.ZipInfo]) -> None:
    texts = XlsxTexts()
    total = 0
    # The texts first: how long they are says what the cells that refer to them take.
    for part in sorted(parts, key=lambda part: not part.filename.lower().endswith("strings.xml")):
        name = part.filename.lower()
        if name.endswith("strings.xml"):
            watch: XlsxTexts | XlsxSize | OdsSize = texts
        else:
            watch = OdsSize() if name == "content.xml" else XlsxSize(texts)
        reader: expat.XMLParserType | None = watch.parser()
        begin = total
        for chunk in _unpacked(content, part):
            total += len(chunk)
            if total > MAX_UNPACKED:
                raise _bomb()
            if reader is not None and not _fed(reader, chunk, total - begin):
                if name == "content.xml" or "/worksheets/" in name:
                    raise damaged()
                # A picture, or a part that nothing is read from.
                reader = None


def _fed(reader: expat.XMLParserType, chunk: bytes, fed: int) -> bool:
    """False where this is no XML. Expat looks again and again through a tag that does not end."""
    try:
        reader.Parse(chunk)
    except expat.ExpatError:
        return False
    return fed - reader.CurrentByteIndex <= _LONGEST_TAG


def _unpacked(content: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a part really unpacks to, whatever size the archive's directory says it has."""
    header = content[part.header_offset : part.header_offset + _LOCAL_HEADER]
    begin = part.header_offset + _LOCAL_HEADER
    begin += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = memoryview(content)[begin : begin + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(packed), _CHUNK):
            yield bytes(packed[at : at + _CHUNK])
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise damaged()
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for at in range(0, len(packed), _CHUNK):
        waiting = bytes(packed[at : at + _CHUNK])
        while waiting:
            yield inflater.decompress(waiting, _CHUNK)
            waiting = inflater.unconsumed_tail


def _bomb() -> TooLarge:
    return TooLarge(
        f"The file unpacks to more than {MAX_UNPACKED:,} bytes. Delete what is not needed of it, "
        "or save the table as CSV."
    )
