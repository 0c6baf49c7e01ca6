"""Two pages of report, each time another one."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.two_pages import two_pages

PARAGRAPH: Final = (
    "Bybutiken i Ammarnäs blev mötesplats. Grannar turas om i kassan, hemtjänsten kommer förbi på "
    "tisdagar, och bussen till vårdcentralen stannar utanför. Efter ett halvår kom sextio personer "
    "i veckan, de flesta över sjuttio år och många av dem ensamboende. "
)
BOUNDARY: Final = "navigator-benchmark"


@dataclass(frozen=True, slots=True)
class Submission:
    """The body of a request, what it is, and where it is sent."""

    content_type: str
    body: bytes
    path: str = "/v1/reports"


def json_reports() -> Iterator[Submission]:
    """Reports of 4 KB of text, about two pages, without end."""
    for metadata in _metadata():
        report = {**metadata, "language": "sv", "text": PARAGRAPH * 16}
        yield Submission("application/json", json.dumps(report).encode())


def pdf_reports() -> Iterator[Submission]:
    """PDFs of two pages with metadata beside them, without end."""
    for metadata in _metadata():
        head = (
            f"--{BOUNDARY}\r\ncontent-disposition: form-data; name=metadata\r\n\r\n"
            f"{json.dumps(metadata)}\r\n--{BOUNDARY}\r\n"
            "content-disposition: form-data; name=document; filename=report.pdf\r\n"
            "content-type: application/pdf\r\n\r\n"
        )
        body = head.encode() + two_pages() + f"\r\n--{BOUNDARY}--\r\n".encode()
        yield Submission(f"multipart/form-data; boundary={BOUNDARY}", body)


def _metadata() -> Iterator[dict[str, str]]:
    for number in itertools.count():
        yield {"external_id": f"benchmark-{number}", "title": f"Bybutik {number}"}
