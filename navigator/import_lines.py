"""Files of NDJSON, handed over in pieces or only looked through."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from libs.events.bulk import Answer, LastLine, Summary, summary_of
from libs.events.pointers import field_errors
from libs.events.report import ReportSubmission
from navigator.client import GatewayClient

LINES: Final = frozenset({".ndjson", ".jsonl"})
# All of a request is sent before its answer is read, and the bar should move meanwhile.
_AT_ONCE: Final = 200
_BYTES_AT_ONCE: Final = 4_000_000


def submit_lines(client: GatewayClient, file: Path) -> Iterator[Answer | LastLine]:
    """Hand over a file's lines; what became of each, then the summary of all."""
    before = 0
    told = Summary(received=0, accepted=0, unchanged=0, refused=0)
    for piece in _pieces(file):
        for answer in client.submit_lines(b"".join(piece)):
            if isinstance(answer, LastLine):
                told = _together(told, answer.summary)
            else:
                yield answer.model_copy(update={"line": before + (answer.line or 0)})
        before += len(piece)
        if told.stopped:
            break
    yield LastLine(summary=told)


def check_lines(file: Path) -> Iterator[Answer | LastLine]:
    """Tell of each line whether it would be taken, without asking anybody.

    Themes and target groups are known to the service alone, and not looked at.
    """
    statuses: Counter[int] = Counter()
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            answer = _checked(line).model_copy(update={"line": number})
            statuses[answer.status] += 1
            yield answer
    yield summary_of(statuses)


def _checked(line: bytes) -> Answer:
    try:
        report = ReportSubmission.model_validate_json(line)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        wrong = field_errors(found)  # type: ignore[arg-type]  # ErrorDetails is a TypedDict
        errors = [{"pointer": each.pointer, "detail": each.detail} for each in wrong]
        detail = "The report is not as described; see errors."
        return Answer(status=422, problem={"detail": detail, "errors": errors})
    return Answer(status=202, external_id=report.external_id)


def _together(before: Summary, piece: Summary) -> Summary:
    return Summary(
        received=before.received + piece.received,
        accepted=before.accepted + piece.accepted,
        unchanged=before.unchanged + piece.unchanged,
        refused=before.refused + piece.refused,
        stopped=piece.stopped,
    )


def _pieces(file: Path) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    with file.open("rb") as lines:
        for line in lines:
            piece.append(line)
            size += len(line)
            if len(piece) == _AT_ONCE or size > _BYTES_AT_ONCE:
                yield piece
                piece, size = [], 0
    if piece:
        yield piece
