"""Reads the pictures of pages with Debian's tesseract; pdfium draws them."""

import math
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Final

from libs import die_with_parent
from libs.errors import InvalidInput
from services.ingest.parsing.cleaning import clean_line
from services.ingest.parsing.pdf_lines import Line

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

DPI: Final = 300
MAX_PIXELS: Final = 16_000_000
_POINTS_PER_INCH: Final = 72
_WORD_LEVEL: Final = "5"
_COLUMNS: Final = 12
# Words that tesseract is less sure of, in per cent, are stains and parts of drawings.
_MIN_CONFIDENCE: Final = 30.0
# The height of a line depends on its letters, so only much taller ones are taken for larger.
_TALLER: Final = 1.5


class Tesseract:
    """Text recognition in the given languages, as tesseract writes them: "swe+eng"."""

    def __init__(self, languages: str) -> None:
        self._languages = languages

    def lines_of(self, content: bytes, numbers: Sequence[int]) -> dict[int, list[Line]]:
        """See `TextRecogniser`. Takes one to three seconds a page."""
        # pdfium takes 0.1 s and 12 MB, which those who do not use it are spared.
        import pypdfium2  # noqa: PLC0415

        found: dict[int, list[Line]] = {}
        document = pypdfium2.PdfDocument(content)
        try:
            for number in numbers:
                lines = self._lines(document[number - 1], number)
                if lines:
                    found[number] = lines
        finally:
            document.close()
        return found

    def _lines(self, page: "PdfPage", number: int) -> list[Line]:
        width, height = page.get_size()
        scale = min(DPI / _POINTS_PER_INCH, math.sqrt(MAX_PIXELS / (width * height)))
        table = self._recognise(_drawn(page, scale), round(scale * _POINTS_PER_INCH))
        return _with_even_sizes([_line(words, number, scale) for words in _lines_in(table)])

    def _recognise(self, picture: bytes, dpi: int) -> str:
        # Not left behind when this process is killed for taking too long.
        launcher = [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())]
        options = ["-l", self._languages, "--dpi", str(dpi), "-c", "tessedit_create_tsv=1"]
        done = subprocess.run(  # noqa: S603 - Debian's program, on standard streams
            [*launcher, shutil.which("tesseract") or "tesseract", "-", "-", *options],
            input=picture,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            check=False,
        )
        if done.returncode:
            raise InvalidInput(
                f"The text of a scanned page could not be recognised (exit code {done.returncode})."
                " Send a text PDF, or run it through OCR first.",
                code="text-recognition-failed",
            )
        return done.stdout.decode("utf-8", "replace")


def _drawn(page: "PdfPage", scale: float) -> bytes:
    """Return the page as a grey picture in PGM, which needs no library to write."""
    bitmap = page.render(scale=scale, grayscale=True)
    rows = memoryview(bytes(bitmap.buffer))
    width, height, stride = bitmap.width, bitmap.height, bitmap.stride
    header = f"P5 {width} {height} 255\n".encode()
    return b"".join([header, *(rows[y * stride : y * stride + width] for y in range(height))])


class _Word:
    def __init__(self, cells: Sequence[str]) -> None:
        self.line = cells[1:5]
        self.left, self.top, self.width, self.height = map(int, cells[6:10])
        self.sure = float(cells[10]) >= _MIN_CONFIDENCE
        self.text = cells[11]


def _lines_in(table: str) -> Iterator[list[_Word]]:
    """Return tesseract's words, line by line."""
    lines: dict[tuple[str, ...], list[_Word]] = defaultdict(list)
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) == _COLUMNS and cells[0] == _WORD_LEVEL:
            word = _Word(cells)
            if word.sure and word.text.strip():
                lines[tuple(word.line)].append(word)
    yield from lines.values()


def _line(words: Sequence[_Word], page: int, scale: float) -> Line:
    bottom = max(word.top + word.height for word in words)
    top = min(word.top for word in words)
    return Line(
        text=clean_line(" ".join(word.text for word in words)),
        page=page,
        x=words[0].left / scale,
        y=-bottom / scale,
        size=(bottom - top) / scale,
        bold=False,
    )


def _with_even_sizes(lines: list[Line]) -> list[Line]:
    if not lines:
        return []
    usual = median(line.size for line in lines)
    return [
        line if line.size > usual * _TALLER else replace(line, size=usual)
        for line in lines
        if line.text
    ]
