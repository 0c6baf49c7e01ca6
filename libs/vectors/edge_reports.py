"""The reports of an embedded index: a shard beside the passages', with one point for each."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Self, cast

import numpy as np
import qdrant_edge as qe

from libs.vectors import rules
from libs.vectors.edge_requests import edge_facets, edge_filter, ensure_field_indexes, uuid_of
from libs.vectors.port import FacetCount, PassageFilter, ReportHit, Vector
from libs.vectors.publications import Owner, Publication

_PAGE: Final = 5_000
_DRAFT: Final = ".reports-"


class EdgeReports:
    """The shard, and the passages' one that it is made from. Writers come one at a time.

    This process alone has the shard open, so what is published is looked up in memory, some 300
    bytes a report: to read 80 points takes half a millisecond of every question.
    """

    def __init__(self, shard: qe.EdgeShard, passages: qe.EdgeShard) -> None:
        self._shard = shard
        self._passages = passages
        found = _scrolled(shard, None, [*rules.PUBLICATION])
        self._published = dict(rules.publication(record.payload or {}) for record in found)

    @classmethod
    def open(cls, folder: Path, passages: qe.EdgeShard, dimension: int) -> Self:
        """The shard below an index's folder; made from its passages where there is none.

        An index from before there were such points, or one recovered without them, has all its
        reports published that way: 10,000 of them take some seconds, once.
        """
        place = folder / rules.REPORTS
        if not place.exists():
            _make(place, passages, dimension)
        shard = qe.EdgeShard.load(str(place))
        ensure_field_indexes(shard)
        return cls(shard, passages)

    def publish(self, report_id: str, version: int, *, mark: str) -> None:
        """See PassageIndex. `mark` is another one each time."""
        passages = _passages_of(self._passages, (report_id, version))
        rules.check_passages(passages, report_id, version)
        self._shard.update(qe.UpdateOperation.upsert_points([_report_point(passages, mark)]))
        self._published[report_id] = Publication(version, mark)

    def delete(self, report_id: str, before_version: int | None) -> None:
        """Take a report's version out of the answers, if it is below the given one."""
        found = self._published.get(report_id)
        if found is None or (before_version is not None and found.version >= before_version):
            return
        del self._published[report_id]
        self._shard.update(qe.UpdateOperation.delete_points([rules.report_point_id(report_id)]))

    def read(self, report_ids: Iterable[str]) -> dict[str, Publication]:
        """What is published of these reports."""
        known = self._published
        return {key: known[key] for key in report_ids if key in known}

    def publications(self) -> dict[str, Publication]:
        """All there are."""
        return dict(self._published)

    def similar(self, report_id: str, where: PassageFilter | None, limit: int) -> list[ReportHit]:
        """See PassageIndex."""
        own = rules.report_point_id(report_id)
        found = self._shard.retrieve([own], True, [rules.DENSE])
        if not found:
            raise rules.not_published(report_id)
        request = qe.QueryRequest(
            limit=limit + 1,
            query=qe.Query.Nearest(_dense(found[0]), using=rules.DENSE),
            filter=edge_filter(where),
            with_payload=True,
        )
        hits = [
            rules.report_hit(point.payload or {}, point.score)
            for point in self._shard.query(request)
            if uuid_of(point.id) != own
        ]
        return hits[:limit]

    def vectors(self, report_ids: Sequence[str]) -> dict[str, Vector]:
        """See PassageIndex."""
        ids = {rules.report_point_id(report_id): report_id for report_id in report_ids}
        found = self._shard.retrieve([*ids], False, [rules.DENSE]) if ids else []
        return {ids[uuid_of(each.id)]: np.array(_dense(each), np.float32) for each in found}

    def facets(self, field: str, where: PassageFilter | None, limit: int) -> list[FacetCount]:
        """See PassageIndex."""
        return edge_facets(self._shard, field, where, limit)

    def count(self, where: PassageFilter | None) -> int:
        """See PassageIndex."""
        return self._shard.count(qe.CountRequest(exact=True, filter=edge_filter(where)))

    def flush(self) -> None:
        """Survive a power cut."""
        self._shard.flush()

    def close(self) -> None:
        """Let go of the files."""
        self._shard.close()


def _make(place: Path, passages: qe.EdgeShard, dimension: int) -> None:
    for left in place.parent.glob(f"{_DRAFT}*"):
        shutil.rmtree(left)
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=place.parent))
    vectors = {rules.DENSE: qe.EdgeVectorParams(dimension, qe.Distance.Dot)}
    shard = qe.EdgeShard.create(str(draft), qe.EdgeConfig(vectors=vectors))
    payloads = (record.payload for record in _scrolled(passages, None, [*rules.OWNER]))
    for owner in rules.oldest_versions(payloads):
        point = _report_point(_passages_of(passages, owner), mark="")
        shard.update(qe.UpdateOperation.upsert_points([point]))
    shard.flush()
    shard.close()
    draft.rename(place)


def _passages_of(shard: qe.EdgeShard, owner: Owner) -> list[qe.Record]:
    report_id, version = owner
    where = PassageFilter({"report_id": [report_id], "version": [version]})
    return list(_scrolled(shard, where, [*rules.REPORT_FIELDS], vectors=True))


def _scrolled(
    shard: qe.EdgeShard, where: PassageFilter | None, fields: list[str], *, vectors: bool = False
) -> Iterator[qe.Record]:
    start = None
    while True:
        request = qe.ScrollRequest(
            offset=start,
            limit=_PAGE,
            filter=edge_filter(where),
            with_payload=[*fields],
            with_vector=[rules.DENSE] if vectors else None,
        )
        found, start = shard.scroll(request)
        yield from found
        if start is None:
            return


def _report_point(passages: list[qe.Record], mark: str) -> qe.Point:
    payload = rules.report_payload([record.payload or {} for record in passages], mark)
    mean = rules.mean_vector([_dense(record) for record in passages])
    id_ = rules.report_point_id(str(payload["report_id"]))
    return qe.Point(id_, {rules.DENSE: mean.tolist()}, rules.plain_payload(payload))


def _dense(record: qe.Record) -> list[float]:
    return cast("dict[str, list[float]]", record.vector)[rules.DENSE]
