"""Turns a document's bytes into sections, whatever its format: a pure function of the bytes."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from docx.opc.exceptions import OpcError
from lxml.etree import ErrorTypes, LxmlError
from pypdf.errors import LimitReachedError, PyPdfError

from libs.errors import InvalidInput, TooLarge, UnsupportedFormat
from services.ingest.parsing.detection import DOCX, HTML, MARKDOWN, PDF, PLAIN
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.docx import parse_docx
from services.ingest.parsing.html import parse_html
from services.ingest.parsing.markdown import parse_markdown
from services.ingest.parsing.pdf import parse_pdf
from services.ingest.parsing.pdf_scans import TextRecogniser
from services.ingest.parsing.plain import parse_plain

_READERS: Mapping[str, Callable[[bytes], ParsedDocument]] = MappingProxyType(
    {
        PDF: parse_pdf,
        DOCX: parse_docx,
        HTML: parse_html,
        MARKDOWN: parse_markdown,
        PLAIN: parse_plain,
    }
)
# What the libraries raise on broken files: their own errors, and the built-in ones that slip
# out of them where they trust a file's structure (seen on truncated and random files).
_BROKEN_FILE = (
    PyPdfError,
    OpcError,
    LxmlError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


def parse(
    content: bytes, media_type: str, recogniser: TextRecogniser | None = None
) -> ParsedDocument:
    """Read a document of a media type that `detection.sniff` returned.

    With a `recogniser`, the text of scanned pages is read off their picture.

    Raises:
        UnsupportedFormat: the media type is not read here.
        TooLarge: the document is over a limit on pages, text or unpacked size.
        InvalidInput: `no-text`, `no-text-layer`, `encrypted`, `unreadable-document` or
            `text-recognition-failed`.
        MemoryError: this process may not have as much as it takes.

    """
    reader = _READERS.get(media_type)
    if reader is None:
        raise UnsupportedFormat(f"Documents of type {media_type[:100]} are not read here.")
    if not content.strip():
        raise InvalidInput("The document is empty.", code="no-text")
    try:
        return parse_pdf(content, recogniser) if media_type == PDF else reader(content)
    except LimitReachedError as error:
        raise TooLarge(
            "A part of the document unpacks to more than is read. "
            "Save it again, or send it without annexes."
        ) from error
    except _BROKEN_FILE as error:
        if isinstance(error, LxmlError) and getattr(error, "code", 0) == ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise InvalidInput(
            f"The document is damaged and cannot be read as {media_type} "
            f"({type(error).__name__}). Open it, save it again and send the new file.",
            code="unreadable-document",
        ) from error
