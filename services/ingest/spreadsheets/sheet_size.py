"""How large the sheets of a workbook are, told from their XML while it streams by."""

from array import array
from typing import Final
from xml.parsers import expat

from services.ingest.spreadsheets.grid import MAX_CELLS, over_limits

MAX_TEXT: Final = 30_000_000
"""Characters of all cells together: a little more than a CSV file may have."""

_LETTERS: Final = 26
Attributes = dict[str, str]


class XlsxTexts:
    """The lengths of the texts that cells refer to by number."""

    def __init__(self) -> None:
        self.lengths = array("Q")

    def parser(self) -> expat.XMLParserType:
        """Reads `xl/sharedStrings.xml`."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._text
        return parser

    def _start(self, name: str, _attributes: Attributes) -> None:
        if name == "si":
            self.lengths.append(0)

    def _text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class XlsxSize:
    """The block that one sheet's filled cells span, and the text in them."""

    def __init__(self, texts: XlsxTexts) -> None:
        self._texts = texts
        self._block = _Block()
        self._row = self._column = 0
        self._refers = self._in_value = False
        self._value = ""
        self._total = 0

    def parser(self) -> expat.XMLParserType:
        """Reads a sheet. Raises TooLarge while it does."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        return parser

    def _start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "c":
                self._place(attributes.get("r"))
                self._refers = attributes.get("t") == "s"
            case "row":
                self._row = _number(attributes.get("r")) or self._row + 1
                self._column = 0
            case "v" | "is" | "f":
                self._block.add(self._row, self._column)
                self._in_value = name == "v"

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self._column += 1
            return
        letters = reference.rstrip("0123456789")
        self._row = _number(reference[len(letters) :]) or self._row
        self._column = 0
        for letter in letters[:3]:
            self._column = self._column * _LETTERS + ord(letter) - ord("A") + 1

    def _end(self, name: str) -> None:
        if name != "v":
            return
        self._in_value = False
        number = _number(self._value) if self._refers else None
        if number is not None and number < len(self._texts.lengths):
            self._add(self._texts.lengths[number])
        self._value = ""

    def _text(self, text: str) -> None:
        self._add(len(text))
        if self._in_value:
            self._value += text

    def _add(self, chars: int) -> None:
        self._total += chars
        if self._total > MAX_TEXT:
            raise over_limits()


class OdsSize:
    """The same for each sheet of an ODS file, where cells and rows are repeated by a number."""

    def __init__(self) -> None:
        self._block = _Block()
        self._row = self._column = 0
        self._rows = self._repeat = 1

    def parser(self) -> expat.XMLParserType:
        """Reads `content.xml`. Raises TooLarge while it does."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        return parser

    def _start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "table:table":
                self._block, self._row = _Block(), 0
            case "table:table-row":
                self._rows = _number(attributes.get("table:number-rows-repeated")) or 1
                self._column = 0
            case "table:table-cell" | "table:covered-table-cell":
                repeated = _number(attributes.get("table:number-columns-repeated")) or 1
                self._column += repeated
                if "office:value-type" in attributes or "table:formula" in attributes:
                    self._fill()
            case "text:p":
                self._fill()

    def _end(self, name: str) -> None:
        if name == "table:table-row":
            self._row += self._rows

    def _fill(self) -> None:
        self._block.add(self._row + self._rows, self._column)


class _Block:
    def __init__(self) -> None:
        self._row = self._column = 0

    def add(self, row: int, column: int) -> None:
        self._row, self._column = max(self._row, row), max(self._column, column)
        if self._row * self._column > MAX_CELLS:
            raise over_limits()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None  # noqa: PLR2004 - no sheet is longer
