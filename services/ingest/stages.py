"""The way of one version from stage to stage, read from its report's history."""

from collections.abc import Iterable
from itertools import pairwise

from libs.events.report import Stage, StatusEntry


def stages_of(history: Iterable[StatusEntry], version: int) -> tuple[Stage, ...]:
    """The stages of a version in order, each with the seconds since the one before."""
    entries = [entry for entry in history if entry.version == version]
    waits = [0.0, *((after.at - before.at).total_seconds() for before, after in pairwise(entries))]
    return tuple(
        Stage(status=entry.status, at=entry.at, seconds=wait, trace_id=entry.trace_id)
        for entry, wait in zip(entries, waits[: len(entries)], strict=True)
    )
