"""Reads workbooks in a process of its own, which a hostile or damaged file may bring down.

One changed byte in an old Excel file is enough for the library to ask for 322 GB, which ends a
process at once. A process for each workbook takes a third of a second more; tables are few.
"""

import os
import subprocess
import sys
from typing import Final

from libs.errors import BY_STATUS, FieldError, TooLarge, Unavailable
from services.ingest.spreadsheets.grid import Grid
from services.ingest.spreadsheets.unpacking import damaged
from services.ingest.spreadsheets.workbook_process import ANSWERS, Refusal

WALL_S: Final = 90.0
# All that it is given of our environment, which holds keys and passwords.
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH")


def read_apart(content: bytes, file_format: str, sheet: str | None) -> Grid:
    """As `read_workbook`, with limits of time and memory. Raises also Unavailable."""
    module = "services.ingest.spreadsheets.workbook_process"
    command = [sys.executable, "-P", "-m", module, file_format, *([sheet] if sheet else [])]
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
        raise TooLarge(
            "Reading the workbook took longer than it may. Save the table as CSV, or in parts."
        ) from error
    except OSError as error:
        raise Unavailable(f"no process to read a workbook in ({error.strerror})") from error
    if ended.returncode != 0:
        raise damaged()
    answer = ANSWERS.validate_json(ended.stdout)
    if isinstance(answer, Refusal):
        errors = tuple(FieldError(*each) for each in answer.errors)
        raise BY_STATUS[answer.status](answer.detail, code=answer.code, errors=errors)
    return answer
