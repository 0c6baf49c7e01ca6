"""What passes between the service and the process that reads a table: lines of JSON.

The first is a refusal, or a grid without its rows; then each row has a line. Read as a whole, four
million cells took 1.4 GB of the service for a moment.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pydantic import TypeAdapter

from services.ingest.spreadsheets.grid import Cell, Grid

OUT_OF_MEMORY: Final = 3
"""The exit code of a process that the table asked more memory of than it has."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An InvalidInput: status, code, detail, and pointers with what is wrong there."""

    status: int
    code: str
    detail: str
    errors: tuple[tuple[str, str], ...]


_ANSWER: Final = TypeAdapter[Grid | Refusal](Grid | Refusal)
_ROW: Final = TypeAdapter[list[Cell]](list[Cell])


def lines_of(answer: Grid | Refusal) -> Iterator[bytes]:
    """The answer as it is sent."""
    if isinstance(answer, Refusal):
        yield _ANSWER.dump_json(answer) + b"\n"
        return
    yield _ANSWER.dump_json(replace(answer, rows=[])) + b"\n"
    for row in answer.rows:
        yield _ROW.dump_json(row) + b"\n"


def answer_in(sent: bytes) -> Grid | Refusal:
    """The answer that was sent. Raises ValidationError for what is none."""
    lines = io.BytesIO(sent)
    answer = _ANSWER.validate_json(lines.readline())
    if isinstance(answer, Refusal):
        return answer
    return replace(answer, rows=[_ROW.validate_json(line) for line in lines])
