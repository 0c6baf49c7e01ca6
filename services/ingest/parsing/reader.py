"""The port through which ingest has documents read."""

from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

from services.ingest.parsing.document import ParsedDocument


class DocumentReader(Protocol):
    """Reads one document at a time, from any thread."""

    def read(self, content: bytes, media_type: str) -> ParsedDocument:
        """The document's text.

        Raises:
            InvalidInput: it cannot be read, now or later; the code says why.
            Unavailable: nothing can be read at the moment.

        """


def reading_detail(documents: Sequence[tuple[str, ParsedDocument]]) -> dict[str, str | int]:
    """What a report's history tells of the scanned pages in its documents (with file names).

    Empty where there are none.
    """
    scanned = [(name, found.scanned_pages) for name, found in documents if found.scanned_pages]
    recognised = sum(len(found.recognised_pages) for _, found in documents)
    detail: dict[str, str | int] = {}
    if scanned:
        detail["scanned_pages"] = sum(len(pages) for _, pages in scanned)
        detail["pages_not_read"] = "; ".join(
            _ranges(pages) if len(documents) == 1 else f"{name}: {_ranges(pages)}"
            for name, pages in scanned
        )
    if recognised:
        detail["recognised_pages"] = recognised
    return detail


def _ranges(numbers: tuple[int, ...]) -> str:
    """Numbers in ascending order as people write them: "2, 5-7"."""
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    found = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in found)
