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

Vector = NDArray[np.float32]
Scalar = str | int | float | bool
PayloadValue = Scalar | Sequence[str] | Sequence[int] | None


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term weights: `indices` are term ids (u32), `values` of the same length."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


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
    """

    any_of: Mapping[str, Sequence[str | int]]


@dataclass(frozen=True, slots=True)
class PassageHit:
    """One passage found. `score` is the fused score; `similarity` the dense inner product.

    `similarity` is None when only the sparse route found the passage and the engine does not
    tell.
    """

    id: UUID
    score: float
    similarity: float | None
    payload: Mapping[str, PayloadValue]


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many passages carry this value."""

    value: str | int
    count: int


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """What the vectors of a collection were made with; stored beside them and compared on open."""

    model: str
    dimension: int


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


class PassageIndex(Protocol):
    """Raises Unavailable when the engine does not answer, InvalidInput for an unknown field.

    Every method may be called from any thread.
    """

    def upsert(self, points: Iterable[PassagePoint]) -> None:
        """Write points; one with the same id is replaced. Durable when the call returns."""

    def delete_report(self, report_id: str, *, before_version: int | None = None) -> None:
        """Remove a report's passages: all of them, or those of versions below the given one."""

    def query(
        self, dense: Vector, sparse: SparseVector, *, where: PassageFilter | None, limit: int
    ) -> list[PassageHit]:
        """Hybrid search: dense and BM25 candidates fused by reciprocal rank, best first."""

    def facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """Counts of passages per value of a field, most frequent first."""

    def count(self, where: PassageFilter | None = None) -> int:
        """How many passages match (all of them without a filter)."""

    def snapshot(self, directory: Path) -> Path:
        """Write a consistent copy below `directory`; returns the file or folder written."""

    def close(self) -> None:
        """Flush and let go of the files or connections."""
