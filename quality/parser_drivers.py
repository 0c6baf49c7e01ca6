"""Reads documents with one parser: run by `quality/parsers.py` in an environment of that parser.

    python parser_drivers.py NAME KIND FILE …

Prints one JSON object a file: its name, seconds, text and headings, or the error. It is run where
only that parser is installed, so it imports nothing else, and that late.
"""

import io
import json
import re
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

MOST_SECONDS = 60.0
"""Of computing, for one file."""

Found = tuple[str, int]
"""The text, and how many headings there were."""


def pypdf(content: bytes) -> Found:
    """Pages as pypdf gives them."""
    reader = import_module("pypdf").PdfReader(io.BytesIO(content))
    return "\n".join(page.extract_text() for page in reader.pages), 0


def pymupdf(content: bytes) -> Found:
    """Pages as MuPDF gives them."""
    document = import_module("fitz").open(stream=content, filetype="pdf")
    return "\n".join(page.get_text() for page in document), 0


def pdfminer(content: bytes) -> Found:
    """Pages as pdfminer.six lays them out."""
    return str(import_module("pdfminer.high_level").extract_text(io.BytesIO(content))), 0


def pypdfium2(content: bytes) -> Found:
    """Pages as pdfium gives them."""
    document = import_module("pypdfium2").PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document), 0


def python_docx(content: bytes) -> Found:
    """Paragraphs, without tables, as python-docx's first example reads them."""
    paragraphs = import_module("docx").Document(io.BytesIO(content)).paragraphs
    headings = [each for each in paragraphs if each.style.name.startswith("Heading")]
    return "\n".join(each.text for each in paragraphs), len(headings)


def mammoth(content: bytes) -> Found:
    """The HTML that mammoth makes."""
    html = str(import_module("mammoth").convert_to_html(io.BytesIO(content)).value)
    return re.sub(r"<[^>]+>", " ", html), len(re.findall(r"<h[1-6][ >]", html))


def trafilatura(content: bytes) -> Found:
    """The main text that trafilatura finds, as Markdown."""
    text = import_module("trafilatura").extract(content, output_format="markdown") or ""
    return _markdown(text)


def markitdown(content: bytes) -> Found:
    """The Markdown that MarkItDown makes."""
    converter = import_module("markitdown").MarkItDown()
    return _markdown(converter.convert_stream(io.BytesIO(content)).text_content)


def _markdown(text: str) -> Found:
    headings = len(re.findall(r"^#{1,6} ", text, re.MULTILINE))
    return re.sub(r"\]\([^)]*\)|[#*|_`\[\]\\]", " ", text), headings


def ours(content: bytes) -> Found:
    """What Navigator keeps: title, headings and text."""
    sniff = import_module("services.ingest.parsing.detection").sniff
    parse = import_module("services.ingest.parsing.parser").parse
    document = parse(content, sniff(content, None, None))
    headings = list(dict.fromkeys(each.heading for each in document.sections if each.heading))
    # A heading carries those over it, so each part is counted, and its words said, once.
    parts = list(dict.fromkeys(part for heading in headings for part in heading.split(" / ")))
    text = [document.title or "", *parts, *(each.text for each in document.sections)]
    return "\n".join(text), len(parts)


DRIVERS: dict[str, Callable[[bytes], Found]] = {
    "ours": ours,
    "pypdf": pypdf,
    "PyMuPDF": pymupdf,
    "pdfminer.six": pdfminer,
    "pypdfium2": pypdfium2,
    "python-docx": python_docx,
    "mammoth": mammoth,
    "trafilatura": trafilatura,
    "markitdown": markitdown,
}


def _too_long(_number: int, _frame: object) -> None:
    raise TimeoutError


def main(name: str, paths: list[str]) -> None:
    """Print a line for each file."""
    read = DRIVERS[name]
    signal.signal(signal.SIGPROF, _too_long)
    for path in paths:
        content = Path(path).read_bytes()
        started = time.process_time()
        found: dict[str, Any] = {"file": path}
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        try:
            found["text"], found["headings"] = read(content)
        except Exception as error:  # noqa: BLE001 - any failure is a failure of the parser
            found["error"] = type(error).__name__
        found["seconds"] = time.process_time() - started
        print(json.dumps(found), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
