"""The passage index: what embed writes and recommend reads, whichever engine is behind it.

Dense vectors are unit length, float32, shape (dimension,); similarity is the inner product.
Sparse vectors are BM25 term weights; the engine multiplies the inverse document frequency in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from libs.errors import InvalidInput

Vector = NDArray[np.float32]
Scalar = str | int | float | bool
PayloadValue = Scalar | Sequence[str] | Sequence[int] | None

KEYWORD_FIELDS = (
    "report_id",
    "partner",
    "language",
    "country",
    "nuts",
    "themes",
    "target_groups",
    "kind",
    "outcome",
)
INTEGER_FIELDS = ("version", "sdgs", "year")
FILTER_FIELDS = KEYWORD_FIELDS + INTEGER_FIELDS
_LARGEST_INTEGER = 2**63 - 1
_LARGEST_TERM = 2**32 - 1


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term weights: `indices` are distinct term ids (u32), `values` of the same length.

    Raises InvalidInput otherwise. Both empty is a text without a term in it. `languages` are
    those of a question's terms, as passages' `language` has them: passages in others cannot be
    expected to have its terms. None given means that all can.
    """

    indices: tuple[int, ...]
    values: tuple[float, ...]
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what an engine would refuse later, with its own words."""
        if len(self.indices) != len(self.values) or len(set(self.indices)) != len(self.indices):
            raise InvalidInput("A sparse vector needs distinct term ids and one weight for each.")
        if not all(0 <= index <= _LARGEST_TERM for index in self.indices):
            raise InvalidInput("A sparse vector's term ids are from 0 to 2^32 - 1.")


@dataclass(frozen=True, slots=True)
class PassagePoint:
    """One passage as it is stored. `payload` must hold `report_id` and `version`."""

    id: UUID
    dense: Vector
    sparse: SparseVector
    payload: Mapping[str, PayloadValue]


@dataclass(frozen=True, slots=True)
class PassageFilter:
    """What a passage must match: any of the values of each field, and all of the fields.

    Fields are payload keys of FILTER_FIELDS; a list-valued payload matches if one element does.
    Raises InvalidInput for another field, for a field without values (leave the field out), and
    for values that are not text (KEYWORD_FIELDS) or not whole numbers (INTEGER_FIELDS).
    """

    any_of: Mapping[str, Sequence[str | int]]

    def __post_init__(self) -> None:
        """Refuse a filter that could only find nothing, or that an engine would refuse."""
        for field, values in self.any_of.items():
            check_field(field)
            if isinstance(values, str) or not values:
                raise InvalidInput(
                    f"The filter on {field} needs a list with a value in it, or to be left out."
                )
            fits = _is_integer if field in INTEGER_FIELDS else _is_text
            if not all(fits(value) for value in values):
                kind = "whole numbers" if field in INTEGER_FIELDS else "text"
                raise InvalidInput(f"The filter on {field} takes {kind}.")


@dataclass(frozen=True, slots=True)
class PassageHit:
    """One passage found. `score` is the fused score, at most 1; `similarity` the inner product.

    `similarity` is given for hits of either route; None is for those who make hits of their own.
    """

    id: UUID
    score: float
    similarity: float | None
    payload: Mapping[str, PayloadValue]


@dataclass(frozen=True, slots=True)
class ReportHit:
    """One report found. `similarity` is the inner product of the means of the passages' vectors."""

    report_id: str
    version: int
    title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many passages, or reports, carry this value."""

    value: str | int
    count: int


@dataclass(frozen=True, slots=True)
class VersionCount:
    """How many passages of one version of a report were counted."""

    report_id: str
    version: int
    passages: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What one tally counted, and the passage at which the next one starts; None at the end."""

    counts: tuple[VersionCount, ...]
    next: UUID | None


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """What the vectors of a collection were made with; stored beside them and compared on open."""

    model: str
    dimension: int


def check_field(field: str) -> None:
    """Raise InvalidInput if passages cannot be filtered or counted by this field."""
    if field not in FILTER_FIELDS:
        raise InvalidInput(
            f"No field {field!r} to filter by; there are {', '.join(FILTER_FIELDS)}."
        )


def _is_integer(value: str | int) -> bool:
    # True and False are integers to Python, but not to the engines.
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER
    )


def _is_text(value: str | int) -> bool:
    return isinstance(value, str)


class PassageIndex(Protocol):
    """Raises Unavailable when the engine does not answer or the index is closed.

    Every method may be called from any thread.

    A version of a report is found from the moment it is published, and then all of it at once: a
    query sees the passages of no other version, nor some of them only, whoever writes meanwhile.
    `facets`, `count`, `tally`, `peek` and `get` see what is written, published or not.
    """

    def upsert(self, points: Iterable[PassagePoint]) -> None:
        """Write points; one with the same id is replaced. Survives kill -9 once it has returned.

        Not all or nothing: write a new version first, publish it, then delete the old one. Raises
        InvalidInput for a vector of another dimension or length than 1, or a payload without
        `report_id` (text) and `version` (int).
        """

    def delete_report(self, report_id: str, *, before_version: int | None = None) -> None:
        """Remove a report's passages: all of them, or those of versions below the given one.

        A version that is published and goes is out of the answers first, all of it at once.
        """

    def delete(self, ids: Iterable[UUID]) -> None:
        """Remove passages of a report that keeps others; publish it again afterwards."""

    def publish(self, report_id: str, version: int) -> None:
        """Let a version be found in place of all others, once all its passages are written.

        It is found as a report too, by the mean of its passages' vectors. Survives kill -9 once
        it has returned. Raises Unavailable if there are no passages of it.
        """

    def published(self, report_ids: Sequence[str]) -> dict[str, int]:
        """The version that is found of each of these reports; those without one are left out."""

    def query(
        self, dense: Vector, sparse: SparseVector, *, where: PassageFilter | None, limit: int
    ) -> list[PassageHit]:
        """Hybrid search: the nearest and those with the words, by a sum of both, best first.

        See `libs/vectors/fusion.py`. Equal scores are ordered by similarity. An empty sparse
        vector leaves the dense route.
        Raises InvalidInput for a vector of another dimension or a limit below 1.
        """

    def similar_reports(
        self, report_id: str, *, where: PassageFilter | None = None, limit: int
    ) -> list[ReportHit]:
        """The reports nearest to a published one, best first, without itself.

        A report matches a field if one of its passages does. Raises NotFound for a report that
        is not published, InvalidInput for a limit below 1.
        """

    def report_vectors(self, report_ids: Sequence[str]) -> dict[str, Vector]:
        """The mean of the passages' vectors of each of these reports, of length 1.

        Those that are not published are left out.
        """

    def peek(self, where: PassageFilter) -> Mapping[str, PayloadValue] | None:
        """The payload of any one passage that matches, or None."""

    def get(self, passage: UUID) -> Mapping[str, PayloadValue] | None:
        """The payload of this passage, or None."""

    def facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """Counts of passages per value of a field, most frequent first, then by value.

        A passage with several values counts once for each. Raises InvalidInput for a field
        that is not in FILTER_FIELDS.
        """

    def report_facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """Counts of published reports per value of a field, in the order of `facets`.

        A report has a value, and matches one, if one of its passages does. Raises InvalidInput
        for a field that is not in FILTER_FIELDS and for a limit below 1.
        """

    def count_reports(self, where: PassageFilter | None = None) -> int:
        """How many published reports match (all of them without a filter)."""

    def count(self, where: PassageFilter | None = None) -> int:
        """How many passages match (all of them without a filter)."""

    def tally(
        self, where: PassageFilter | None = None, *, start: UUID | None = None, limit: int
    ) -> Tally:
        """Count matching passages per report and version: `limit` of them, in order of their ids.

        From tally to tally, each starting at the `next` of the one before, every passage that is
        there all the while is counted once; a version may stand in several tallies. Raises
        InvalidInput for a limit below 1.
        """

    def snapshot(self, directory: Path) -> Path:
        """Write a consistent copy below `directory`; returns the file or folder written.

        The embedded engine's folder opens again as an index; a server's file is given to its
        own snapshot recovery. Raises Conflict if the copy exists already, InvalidInput if the
        engine keeps its points in memory only.
        """

    def close(self) -> None:
        """Flush and let go of the files or connections."""
