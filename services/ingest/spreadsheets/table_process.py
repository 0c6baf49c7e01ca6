"""The program that reads one table: bytes on standard input, its grid on standard output.

`python -m services.ingest.spreadsheets.table_process [SHEET]`, started by `apart.py`.
"""

import os
import resource
import sys
from typing import Final

from libs.errors import InvalidInput
from services.ingest.spreadsheets.exchange import OUT_OF_MEMORY, Refusal, lines_of
from services.ingest.spreadsheets.grid import Grid
from services.ingest.spreadsheets.reading import read_grid

MEMORY_BYTES: Final = 1_000_000_000
CPU_S: Final = 60
_NICENESS: Final = 5


def answer_to(content: bytes, sheet: str | None) -> Grid | Refusal:
    """The grid, or why there is none."""
    try:
        return read_grid(content, sheet)
    except InvalidInput as error:
        errors = tuple((each.pointer, each.detail) for each in error.errors)
        return Refusal(error.status, error.code, error.detail, errors)


def main(sheet: str | None) -> None:
    """Give up what reading does not need, read, and answer."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        sys.stdout.buffer.writelines(lines_of(answer_to(sys.stdin.buffer.read(), sheet)))
        sys.stdout.buffer.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else None)
