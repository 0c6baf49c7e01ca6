"""The port through which ingest has documents read."""

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


def reading_detail(document: ParsedDocument) -> dict[str, str | int]:
    """What a report's history tells of its scanned pages; empty for a document without any."""
    detail: dict[str, str | int] = {}
    if document.scanned_pages:
        detail["scanned_pages"] = len(document.scanned_pages)
        detail["pages_not_read"] = _ranges(document.scanned_pages)
    if document.recognised_pages:
        detail["recognised_pages"] = len(document.recognised_pages)
    return detail


def _ranges(numbers: tuple[int, ...]) -> str:
    """Numbers in ascending order as people write them: "2, 5-7"."""
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    found = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in found)
