"""Passages for the tests: seeded vectors and texts, so that every run sees the same ones."""

from collections.abc import Iterable
from uuid import UUID, uuid5

import numpy as np

from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import (
    CollectionSpec,
    PassageIndex,
    PassagePoint,
    PayloadValue,
    SparseVector,
    Vector,
)

DIMENSION = 32
SPEC = CollectionSpec(model="test-model", dimension=DIMENSION)
NOTHING = SparseVector((), ())
_SPACE = UUID("6f0f9f4c-6a43-4a5e-9a55-2d1c6f8a7b10")
_WORDS = tuple(f"ord{number}" for number in range(30))


def unit(seed: int, dimension: int = DIMENSION) -> Vector:
    """A random unit vector, shape (dimension,)."""
    vector = np.random.default_rng(seed).normal(size=dimension).astype(np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def text(seed: int) -> str:
    """Some words more often than others; the first 400 seeds differ in length, so never tie."""
    rank = np.minimum(np.random.default_rng(seed).zipf(1.4, size=5 + seed % 400), len(_WORDS))
    return " ".join(_WORDS[index - 1] for index in rank)


def terms(words: str) -> SparseVector:
    """The words as a Swedish query."""
    return Bm25Encoder().encode_query(words, "sv")


def point_id(number: int) -> UUID:
    """The id of point `number`."""
    return uuid5(_SPACE, str(number))


def point(
    number: int, *, dense: Vector | None = None, words: str | None = None, **payload: PayloadValue
) -> PassagePoint:
    """Point `number`, of report `report-<number // 4>` version 1 unless told otherwise."""
    return PassagePoint(
        id=point_id(number),
        dense=unit(number) if dense is None else dense,
        sparse=Bm25Encoder().encode_passage(text(number) if words is None else words, "sv"),
        payload={"report_id": f"report-{number // 4}", "version": 1, **payload},
    )


def points(count: int) -> list[PassagePoint]:
    """Points 0 to count - 1 with lists and numbers in their payloads."""
    return [
        point(
            number,
            language=("sv", "fi", "de")[number % 3],
            themes=(["work"], ["work", "health"], [])[number % 3],
            sdgs=[number % 17 + 1, 17],
            year=2010 + number % 10,
        )
        for number in range(count)
    ]


def put(index: PassageIndex, wanted: Iterable[PassagePoint]) -> None:
    """Write points and publish the versions that they are of, as embed does."""
    written = list(wanted)
    index.upsert(written)
    for report_id, version in sorted({owner(each) for each in written}):
        index.publish(report_id, version)


def owner(point: PassagePoint) -> tuple[str, int]:
    """The report and the version that a point is of."""
    return str(point.payload["report_id"]), int(str(point.payload["version"]))
