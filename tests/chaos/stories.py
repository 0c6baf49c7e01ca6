"""What partners do with a report, and what must have become of it when all is quiet again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from libs.events.report import ReportStatus
from tests.two_pages import two_pages

Action = Literal["json", "pdf", "empty", "withdraw"]

VILLAGES: Final = ("Ammarnäs", "Kuhmo", "Ludza", "Molėtai", "Mrągowo", "Vega", "Haapsalu", "Anklam")
# New, corrected, withdrawn, sent again, refused: whatever a report can go through.
STORIES: Final[Sequence[Sequence[Action]]] = (
    ("json",),
    ("json", "json"),
    ("pdf",),
    ("json", "withdraw"),
    ("json", "withdraw", "json"),
    ("empty",),
    ("json", "pdf"),
    ("pdf", "withdraw"),
)
OUTCOMES: Final = {
    "json": ReportStatus.INDEXED,
    "pdf": ReportStatus.INDEXED,
    "empty": ReportStatus.REJECTED,
    "withdraw": ReportStatus.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What was answered for a report, and therefore must come true."""

    report_id: str
    version: int
    outcome: ReportStatus


def story(number: int) -> Sequence[Action]:
    """What is done to a report, in order."""
    return STORIES[number % len(STORIES)]


def submission(number: int, step: int, action: Action) -> dict[str, Any]:
    """What is sent for a step of a report's story, as httpx takes it."""
    metadata = {"external_id": f"chaos-{number}", "title": f"Bybutik {number}.{step}"}
    if action == "json":
        return {"json": {**metadata, "language": "sv", "text": _text(number, step)}}
    document = ("bybutik.pdf", two_pages(), "application/pdf")
    if action == "empty":
        document = ("tom.html", b"<html><p> </p></html>", "text/html")
    return {"files": {"document": document, "metadata": (None, json.dumps(metadata))}}


def _text(number: int, step: int) -> str:
    village = VILLAGES[number % len(VILLAGES)]
    paragraphs = [
        f"Bybutiken i {village} blev mötesplats nummer {number}. Grannar turas om i kassan.",
        f"Efter {step + 2} månader kom {number * 3 + 10} i veckan, de flesta över 70 år.",
        "Hemtjänsten kommer förbi på tisdagar, och bussen stannar utanför.",
    ]
    return "\n\n".join(paragraphs * 4)
