"""The program that reads one workbook: bytes on standard input, its grid on standard output.

`python -m services.ingest.spreadsheets.workbook_process FORMAT [SHEET]`, started by `apart.py`.
"""

import os
import resource
import sys
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from libs.errors import InvalidInput
from services.ingest.spreadsheets.grid import Grid
from services.ingest.spreadsheets.workbook import read_workbook

MEMORY_BYTES: Final = 1_500_000_000
CPU_S: Final = 60
_NICENESS: Final = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """An InvalidInput: status, code, detail, and pointers with what is wrong there."""

    status: int
    code: str
    detail: str
    errors: tuple[tuple[str, str], ...]


ANSWERS: Final = TypeAdapter[Grid | Refusal](Grid | Refusal)


def answer_to(content: bytes, file_format: str, sheet: str | None) -> Grid | Refusal:
    """The grid, or why there is none."""
    try:
        return read_workbook(content, file_format, sheet)
    except InvalidInput as error:
        errors = tuple((each.pointer, each.detail) for each in error.errors)
        return Refusal(error.status, error.code, error.detail, errors)


def main(file_format: str, sheet: str | None) -> None:
    """Give up what reading does not need, read, and answer."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    answer = answer_to(sys.stdin.buffer.read(), file_format, sheet)
    sys.stdout.buffer.write(ANSWERS.dump_json(answer))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if sys.argv[2:] else None)
