"""What both engines do alike, so that they answer alike: names, checks, orders."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar, cast
from uuid import UUID, uuid5

import numpy as np

from libs.errors import Conflict, InvalidInput, NotFound, Unavailable
from libs.vectors.port import (
    FILTER_FIELDS,
    CollectionSpec,
    FacetCount,
    PassagePoint,
    PayloadValue,
    ReportHit,
    Vector,
    VersionCount,
)
from libs.vectors.publications import Owner, Publication

DENSE: Final = "dense"
BM25: Final = "bm25"

# The graph (HNSW) that a server builds over some 20,000 passages: edges of a passage, width of the
# search that chooses them, and width of a question's search. Of the exact ten nearest of 100,000
# corrected vectors, most of them near-duplicates, a width of 4,096 found 98.2, 98.4 and 98.5 % in
# three builds, in 5 to 6 ms; 2,048 found 95 % in all of them, and 1,024 from 90 to 92 % (97.7 % in
# an earlier one, unexplained). With 32 edges and 200 it was 96.6 to 97.2 % at 1,024 in three
# builds, and 98.3 and 98.4 % at 2,048 in two, in 4 ms; they took twice as long to build. The
# embedded engine has no graph: it compares all, in 9 to 11 ms.
# Measured with that engine's graph; docs/index.md was written while 2,048 was set.
HNSW_M: Final = 16
HNSW_EF_CONSTRUCT: Final = 100
HNSW_EF: Final = 4_096
# Kilobytes of vectors below which all are compared (the engine's own value).
HNSW_FULL_SCAN_KB: Final = 10_000

# In an embedded collection's folder: what it was made with.
SPEC_FILE: Final = "collection.json"
NOTES_FILE: Final = "notes.json"

# Points per write. 256 points of 384 dimensions are about 1.5 MB of JSON; a server takes 32 MB.
BATCH: Final = 256

# What the fusion asks of a passage's payload.
LANGUAGE: Final = "language"

# What tells whose a passage is: all of its payload that a tally fetches.
OWNER: Final = ("report_id", "version")

# One point per report stands for it: which version is found, and its passages' mean vector.
REPORTS: Final = "reports"
PUBLICATION: Final = ("report_id", "version", "mark")
REPORT_FIELDS: Final = (*FILTER_FIELDS, "title")
_REPORTS_SPACE: Final = UUID("5b0f6c1e-3a0d-5c57-9d0c-7b1a2f4e8c33")

_LENGTH_TOLERANCE = 1e-3
_FEWEST_CANDIDATES = 100

Item = TypeVar("Item")


def candidates(limit: int) -> int:
    """How many passages each route brings to the fusion for `limit` results."""
    return max(limit, _FEWEST_CANDIDATES)


def check_spec(stored: CollectionSpec, wanted: CollectionSpec, place: str) -> None:
    """Raise Conflict if a collection was made with another model or dimension."""
    if stored != wanted:
        raise Conflict(
            f"The passages at {place} were embedded with {stored.model} ({stored.dimension} "
            f"dimensions), but {wanted.model} ({wanted.dimension}) is set. Set the model back, "
            "start, and change it by `navigator reindex`, which answers meanwhile. Where the old "
            "model is lost, name another collection (NAVIGATOR_COLLECTION), start, and run "
            "`navigator replay` to fill it.",
            code="collection-model-differs",
        )


def check_limit(limit: int) -> None:
    """Raise InvalidInput for a limit below 1."""
    if limit < 1:
        raise InvalidInput(f"The limit is {limit}; ask for at least 1.")


def check_dense(vector: Vector, dimension: int) -> None:
    """Raise InvalidInput unless a vector is of shape (dimension,), finite and of length 1."""
    if vector.shape != (dimension,):
        raise InvalidInput(
            f"A vector of shape {vector.shape} does not fit a collection of dimension {dimension}; "
            "embed with the collection's model."
        )
    length = float(np.linalg.norm(vector))
    # Written so that NaN fails too.
    if not abs(length - 1) <= _LENGTH_TOLERANCE:
        raise InvalidInput(f"A vector has the length {length}; normalise it to 1 first.")


def check_point(point: PassagePoint, dimension: int) -> None:
    """Raise InvalidInput for a point that could not be found or removed again."""
    check_dense(point.dense, dimension)
    payload = point.payload
    if not isinstance(payload.get("report_id"), str) or type(payload.get("version")) is not int:
        raise InvalidInput(
            f"The payload of point {point.id} needs `report_id` (text) and `version` (int)."
        )


def check_open(*, closed: bool) -> None:
    """Raise Unavailable once an index was closed."""
    if closed:
        raise Unavailable("The passage index is closed; this process is shutting down.")


def plain_payload(payload: Mapping[str, object]) -> dict[str, object]:
    """The payload as JSON has it: tuples and other sequences become lists."""
    return {
        key: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for key, value in payload.items()
    }


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def ordered_facets(facets: Iterable[FacetCount]) -> list[FacetCount]:
    """Most frequent first, then by value."""
    return sorted(facets, key=lambda facet: (-facet.count, str(facet.value)))


def counted(payloads: Iterable[Mapping[str, object] | None]) -> tuple[VersionCount, ...]:
    """Passages per report and version, from the OWNER part of their payloads."""
    owners = Counter(tuple((payload or {}).get(key) for key in OWNER) for payload in payloads)
    return tuple(
        VersionCount(str(report_id), int(str(version)), passages)
        for (report_id, version), passages in owners.items()
    )


def report_point_id(report_id: str) -> UUID:
    """UUIDv5 of the report: there is one point of it, whatever its version."""
    return uuid5(_REPORTS_SPACE, report_id)


def mean_vector(vectors: Sequence[Sequence[float]]) -> Vector:
    """The mean of unit vectors, normalised; the first where they cancel each other out."""
    rows = np.asarray(vectors, dtype=np.float32)
    mean = rows.mean(axis=0)
    length = float(np.linalg.norm(mean))
    unit: Vector = mean / np.float32(length) if length > _LENGTH_TOLERANCE else rows[0]
    return unit


def report_payload(payloads: Sequence[Mapping[str, object]], mark: str) -> dict[str, PayloadValue]:
    """What a report is filtered by: all values of its passages. `mark` is of this publication."""
    first = payloads[0]
    own: dict[str, PayloadValue] = {
        "report_id": str(first["report_id"]),
        "version": int(str(first["version"])),
        "mark": mark,
        "title": str(first.get("title") or ""),
    }
    for field in FILTER_FIELDS:
        if field not in OWNER:
            values = {value for each in payloads for value in _values(each.get(field))}
            own[field] = cast("list[str]", sorted(values))  # or of numbers, one kind a field
    return own


def check_passages(passages: Sequence[object], report_id: str, version: int) -> None:
    """Raise Unavailable if there is nothing of a version that is to be published."""
    if not passages:
        raise Unavailable(
            f"the passages of {report_id} version {version} were removed before they were all "
            "there; beginning again"
        )


def publication(payload: Mapping[str, object]) -> tuple[str, Publication]:
    """What a report's point says."""
    version, mark = int(str(payload["version"])), str(payload.get("mark", ""))
    return str(payload["report_id"]), Publication(version, mark)


def report_hit(payload: Mapping[str, object], similarity: float) -> ReportHit:
    """A report's point, found."""
    report_id, found = publication(payload)
    return ReportHit(report_id, found.version, str(payload.get("title", "")), similarity)


def oldest_versions(payloads: Iterable[Mapping[str, object] | None]) -> list[Owner]:
    """The reports that have passages, each with the oldest version of them.

    Where there are two, the newer one was still being written when its writer stopped, or the
    older one being removed; both is finished when the report's event comes again.
    """
    oldest: dict[str, int] = {}
    for report_id, version in (_owner(payload or {}) for payload in payloads):
        oldest[report_id] = min(version, oldest.get(report_id, version))
    return list(oldest.items())


def not_published(report_id: str) -> NotFound:
    """What is said of a report that nobody can find."""
    return NotFound(f"The report {report_id} is not in the index; check its id and its status.")


def _owner(payload: Mapping[str, object]) -> Owner:
    return str(payload["report_id"]), int(str(payload["version"]))


def _values(value: object) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
