"""Ports of embed, written by hand."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np

from libs.errors import NotFound
from libs.events.report import ReportContent
from libs.vectors.port import (
    FacetCount,
    PassageFilter,
    PassageHit,
    PassagePoint,
    PayloadValue,
    ReportHit,
    SparseVector,
    Tally,
    Vector,
)
from libs.vectors.rules import counted
from services.embed.embedder import Vectors


class FakeEmbedder:
    model = "fake@1"
    dimension = 8
    max_tokens = 512

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed_passages(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        rows = [np.frombuffer(hashlib.sha256(t.encode()).digest()[:8], np.uint8) for t in texts]
        raw = np.array(rows, dtype=np.float32) + 1
        unit: Vectors = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        return unit

    def close(self) -> None:
        """Nothing to let go of."""


class FakeIndex:
    def __init__(self) -> None:
        self.points: dict[UUID, PassagePoint] = {}
        self.versions: dict[str, int] = {}

    def upsert(self, points: Sequence[PassagePoint]) -> None:
        self.points |= {point.id: point for point in points}

    def delete_report(self, report_id: str, *, before_version: int | None = None) -> None:
        self.points = {
            key: point
            for key, point in self.points.items()
            if point.payload["report_id"] != report_id
            or (before_version is not None and int(str(point.payload["version"])) >= before_version)
        }

        version = self.versions.get(report_id, 0)
        if before_version is None or version < before_version:
            self.versions.pop(report_id, None)

    def delete(self, ids: Iterable[UUID]) -> None:
        for id_ in ids:
            self.points.pop(id_, None)

    def publish(self, report_id: str, version: int) -> None:
        self.versions[report_id] = version

    def published(self, report_ids: Sequence[str]) -> dict[str, int]:
        return {key: self.versions[key] for key in report_ids if key in self.versions}

    def similar_reports(
        self, report_id: str, *, where: PassageFilter | None = None, limit: int
    ) -> list[ReportHit]:
        others = [(key, version) for key, version in self.versions.items() if key != report_id]
        return [ReportHit(key, version, key, 0.5) for key, version in others][:limit]

    def report_vectors(self, report_ids: Sequence[str]) -> dict[str, Vector]:
        raise AssertionError("not asked for")

    def peek(self, where: PassageFilter) -> Mapping[str, PayloadValue] | None:
        return next((point.payload for point in self._matching(where)), None)

    def get(self, passage: UUID) -> Mapping[str, PayloadValue] | None:
        found = self.points.get(passage)
        return found.payload if found else None

    def count(self, where: PassageFilter | None = None) -> int:
        return len(self._matching(where))

    def facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        values = [point.payload[field] for point in self._matching(where)]
        return [FacetCount(v, values.count(v)) for v in set(values)][:limit]  # type: ignore[arg-type, type-var]

    def report_facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        raise AssertionError("not asked for")

    def count_reports(self, where: PassageFilter | None = None) -> int:
        raise AssertionError("not asked for")

    def query(
        self, dense: Vector, sparse: SparseVector, *, where: PassageFilter | None, limit: int
    ) -> list[PassageHit]:
        found = [
            PassageHit(point.id, 1.0, 1.0, point.payload)
            for point in self._matching(where)
            if self.versions.get(str(point.payload["report_id"])) == point.payload["version"]
        ]
        return found[:limit]

    def tally(
        self, where: PassageFilter | None = None, *, start: UUID | None = None, limit: int
    ) -> Tally:
        there = sorted(self._matching(where), key=lambda point: point.id)
        page = [point for point in there if start is None or point.id >= start]
        following = page[limit].id if len(page) > limit else None
        return Tally(counted(point.payload for point in page[:limit]), following)

    def snapshot(self, directory: Path) -> Path:
        raise AssertionError("not asked for")

    def close(self) -> None:
        """Nothing to let go of."""

    def _matching(self, where: PassageFilter | None) -> list[PassagePoint]:
        wanted = where.any_of if where else {}
        return [
            point
            for point in self.points.values()
            if all(point.payload[name] in values for name, values in wanted.items())
        ]


@dataclass
class FakeSource:
    contents: dict[str, ReportContent] = field(default_factory=dict)
    broken: dict[str, Exception] = field(default_factory=dict)
    then: Callable[[], None] | None = None

    def fetch(self, url: str) -> ReportContent:
        if self.then is not None:
            self.then()
        if url in self.broken:
            raise self.broken[url]
        if url not in self.contents:
            raise NotFound(url)
        return self.contents[url]
