"""Reads tables in a process of its own, which a hostile or damaged file may bring down.

One changed byte in an old Excel file is enough for a library to ask for 322 GB, which ends a
process at once; 25 MB of `[{},{},…]` are over a gigabyte as Python's objects. A process for each
table takes a third of a second more; tables are few.
"""

import os
import signal
import subprocess
import sys
from typing import Final

from libs.errors import BY_STATUS, FieldError, TooLarge, Unavailable
from services.ingest.spreadsheets.exchange import OUT_OF_MEMORY, Refusal, answer_in
from services.ingest.spreadsheets.grid import Grid, damaged

WALL_S: Final = 90.0
# All that it is given of our environment, which holds keys and passwords.
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH")
# The kernel's limits of time and memory, which the file was over.
_OVER: Final = frozenset({OUT_OF_MEMORY, -signal.SIGXCPU, -signal.SIGKILL})


def read_apart(content: bytes, sheet: str | None = None) -> Grid:
    """As `read_grid`, with limits of time and memory. Raises also Unavailable."""
    module = "services.ingest.spreadsheets.table_process"
    command = [sys.executable, "-P", "-m", module, *([sheet] if sheet else [])]
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and program
            command,
            input=content,
            stdout=subprocess.PIPE,
            # What the library says when it breaks down may quote the file.
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            timeout=WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _over_its_share() from error
    except OSError as error:
        raise Unavailable(f"no process to read a table in ({error.strerror})") from error
    if ended.returncode in _OVER:
        raise _over_its_share()
    if ended.returncode != 0:
        raise damaged()
    answer = answer_in(ended.stdout)
    if isinstance(answer, Refusal):
        errors = tuple(FieldError(*each) for each in answer.errors)
        raise BY_STATUS[answer.status](answer.detail, code=answer.code, errors=errors)
    return answer


def _over_its_share() -> TooLarge:
    return TooLarge(
        "Reading the table took more time or memory than it may. Save it as CSV, or in parts."
    )
