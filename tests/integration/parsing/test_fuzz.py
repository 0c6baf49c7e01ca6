"""Hundreds of malformed files: each is read or refused with a reason, and none stops the worker."""

import time
from collections import Counter

import pytest

from libs.errors import InvalidInput
from services.ingest.parsing.limits import ParseLimits
from services.ingest.parsing.worker_reader import WorkerReader
from services.ingest.rejections import rejection_of
from tests.integration.parsing.malformed import Malformed, corpus

LIMITS = ParseLimits(wall_s=30, cpu_s=2, memory_mb=300)
# The limits of two tries, and what starting a worker takes on a busy machine.
UNWORDED = rejection_of(InvalidInput("", code="unknown"))
MOST_SECONDS = 2 * LIMITS.wall_s + 10


def outcome(reader: WorkerReader, file: Malformed) -> str:
    try:
        document = reader.read(file.content, file.media_type)
    except InvalidInput as error:
        refusal = error
    else:
        assert all(section.text.strip() for section in document.sections), file.name
        return "read"
    # Told in words of its own, and not because a parser has a bug.
    assert rejection_of(refusal).reason_sv != UNWORDED.reason_sv, f"{file.name}: {refusal.code}"
    assert "could not be read (" not in refusal.detail, f"{file.name}: {refusal.detail}"
    return refusal.code


@pytest.mark.timeout(600)
def test_malformed_files_end_well() -> None:
    files = corpus()
    assert len({file.name for file in files}) == len(files) >= 200
    codes: Counter[str] = Counter()
    reader = WorkerReader(LIMITS)
    try:
        for file in files:
            started = time.monotonic()
            codes[outcome(reader, file)] += 1
            assert time.monotonic() - started < MOST_SECONDS, file.name
    finally:
        reader.close()
    assert codes["parse-crash"] == 0
    assert codes["parse-memory"] and codes["parse-timeout"], codes  # noqa: PT018 - limits were met
    assert codes["read"] and codes["unreadable-document"] and codes["too-large"], codes  # noqa: PT018
