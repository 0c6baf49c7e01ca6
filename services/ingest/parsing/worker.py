"""The program that reads documents, apart from the service (docs/adr/0013).

`python -m services.ingest.parsing.worker PARENT LIMITS`, started by `worker_reader.py`: takes
documents from standard input and answers on standard output until there are no more.
"""

import gc
import logging
import os
import select
import sys
import traceback
import warnings
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import TypeAdapter

from libs.die_with_parent import end_with_parent
from libs.errors import InvalidInput
from services.ingest.parsing.confinement import confine, grant_cpu
from services.ingest.parsing.exchange import (
    ANSWERS,
    OUT_OF_MEMORY,
    READY,
    Answer,
    Fault,
    Refusal,
    read_frame,
    write_frame,
)
from services.ingest.parsing.limits import ParseLimits
from services.ingest.parsing.parser import parse
from services.ingest.parsing.tesseract import Tesseract

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def serve(questions: BinaryIO, answers: BinaryIO, limits: ParseLimits) -> None:
    """Answer until there are no more questions, none came for a while, or there were enough."""
    # What is there now stays to the end, and need not be looked through after each document.
    gc.freeze()
    write_frame(answers, READY)
    for number in range(1, limits.documents + 1):
        if not select.select([questions], [], [], limits.idle_s)[0]:
            return
        try:
            media_type, content = read_frame(questions).decode(), read_frame(questions)
        except EOFError:
            return
        grant_cpu(limits.cpu_s)
        answer = answer_to(content, media_type, limits.ocr_languages)
        last = number == limits.documents or _resident_bytes() > limits.kept_mb * 1_000_000
        write_frame(answers, ANSWERS.dump_json(replace(answer, last=last)))
        if last:
            return
        # Documents' trees point in circles. Now nobody waits for it.
        gc.collect()


def answer_to(content: bytes, media_type: str, ocr_languages: str) -> Answer:
    """The document, or why there is none. Raises MemoryError."""
    try:
        recogniser = Tesseract(ocr_languages) if ocr_languages else None
        return Answer(document=parse(content, media_type, recogniser))
    except InvalidInput as error:
        return Answer(refusal=Refusal(error.code, error.detail))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - told to the service, which logs it
        frames = traceback.extract_tb(error.__traceback__)
        places = tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        return Answer(fault=Fault(type(error).__name__, places))


def _resident_bytes() -> int:
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0  # not Linux: then only the number of documents counts
    return int(pages) * _PAGE_BYTES


def main(parent: int, limits: ParseLimits) -> None:
    """Confine this process and serve on its standard streams."""
    end_with_parent(parent)
    confine(limits.memory_mb)
    # What libraries print or warn of must not get between the answers, nor into the log: it
    # may quote the document.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        serve(sys.stdin.buffer, answers, limits)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


if __name__ == "__main__":
    main(int(sys.argv[1]), TypeAdapter(ParseLimits).validate_json(sys.argv[2]))
