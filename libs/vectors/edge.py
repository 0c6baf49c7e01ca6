"""The passage index on Qdrant Edge: the engine in this process, its files in a folder.

One process owns the folder. Measured with qdrant-edge-py 0.9.0: every call holds the
interpreter's lock; updates and queries may overlap without errors; an update (0.1 ms) goes to a
memory-mapped write-ahead log, which survives kill -9; `flush` (16 ms) also survives a power cut.
"""

import errno
import json
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Final, Self
from uuid import UUID, uuid4

import qdrant_edge as qe

from libs.errors import Conflict
from libs.vectors import rules
from libs.vectors.edge_reports import EdgeReports
from libs.vectors.edge_requests import (
    edge_facets,
    edge_filter,
    ensure_field_indexes,
    nearest,
    scored,
    uuid_of,
    worded,
)
from libs.vectors.fusion import found, fuse
from libs.vectors.port import (
    CollectionSpec,
    FacetCount,
    PassageFilter,
    PassageHit,
    PassagePoint,
    PayloadValue,
    ReportHit,
    SparseVector,
    Tally,
    Vector,
    check_field,
)
from libs.vectors.publications import Owner, Publications

# Points written between flushes. It bounds the log to replay on start, and what a power cut takes.
_FLUSH_EVERY: Final = 1000
_BLOCK: Final = 1 << 16


class EdgePassageIndex:
    """Two shards of Qdrant's engine, passages and reports. `open` makes one."""

    def __init__(
        self, shard: qe.EdgeShard, reports: EdgeReports, folder: Path, dimension: int
    ) -> None:
        self._shard = shard
        self._reports = reports
        self._publications = Publications()
        self._publications.learn(reports.publications())
        self._folder = folder
        self._dimension = dimension
        self._writing = Lock()
        self._unflushed = 0
        self._closed = False

    @classmethod
    def open(
        cls, folder: Path, spec: CollectionSpec, notes: Mapping[str, str] = MappingProxyType({})
    ) -> Self:
        """Open the shards in `folder`, made first, with these notes, if there are none.

        Raises Conflict if it was made with another model or dimension, if another process has it
        open, or if the folder holds something else.
        """
        if not (folder / rules.SPEC_FILE).exists():
            _create(folder, spec, notes)
        stored = CollectionSpec(**json.loads((folder / rules.SPEC_FILE).read_text("utf-8")))
        rules.check_spec(stored, spec, str(folder))
        shard = _load(folder)
        ensure_field_indexes(shard)
        return cls(shard, EdgeReports.open(folder, shard, spec.dimension), folder, spec.dimension)

    def upsert(self, points: Iterable[PassagePoint]) -> None:
        """See PassageIndex."""
        for batch in rules.batches(points, rules.BATCH):
            for point in batch:
                rules.check_point(point, self._dimension)
            operation = qe.UpdateOperation.upsert_points([_edge_point(point) for point in batch])
            self._write(operation, len(batch))

    def delete_report(self, report_id: str, *, before_version: int | None = None) -> None:
        """See PassageIndex."""
        must: list[qe.FieldCondition] = [
            qe.FieldCondition("report_id", match=qe.MatchValue(report_id))
        ]
        if before_version is not None:
            must.append(qe.FieldCondition("version", range=qe.RangeFloat(lt=before_version)))
        operation = qe.UpdateOperation.delete_points_by_filter(qe.Filter(must=[*must]))
        with self._writing:
            rules.check_open(closed=self._closed)
            self._reports.delete(report_id, before_version)
        self._write(operation, 1)

    def delete(self, ids: Iterable[UUID]) -> None:
        """See PassageIndex."""
        for batch in rules.batches(ids, rules.BATCH):
            self._write(qe.UpdateOperation.delete_points([*batch]), len(batch))

    def publish(self, report_id: str, version: int) -> None:
        """See PassageIndex."""
        with self._writing:
            rules.check_open(closed=self._closed)
            self._reports.publish(report_id, version, mark=uuid4().hex)
            self._publications.learn(self._reports.read([report_id]))
            self._unflushed += 1

    def published(self, report_ids: Sequence[str]) -> dict[str, int]:
        """See PassageIndex."""
        rules.check_open(closed=self._closed)
        return {key: found.version for key, found in self._reports.read(report_ids).items()}

    def query(
        self, dense: Vector, sparse: SparseVector, *, where: PassageFilter | None, limit: int
    ) -> list[PassageHit]:
        """See PassageIndex."""
        rules.check_limit(limit)
        rules.check_dense(dense, self._dimension)

        def search(hidden: Collection[Owner]) -> list[PassageHit]:
            rules.check_open(closed=self._closed)
            return self._search(dense, sparse, edge_filter(where, hidden), limit)

        return self._publications.consistent(search, self._reports.read)

    def similar_reports(
        self, report_id: str, *, where: PassageFilter | None = None, limit: int
    ) -> list[ReportHit]:
        """See PassageIndex."""
        rules.check_limit(limit)
        rules.check_open(closed=self._closed)
        return self._reports.similar(report_id, where, limit)

    def report_vectors(self, report_ids: Sequence[str]) -> dict[str, Vector]:
        """See PassageIndex."""
        rules.check_open(closed=self._closed)
        return self._reports.vectors(report_ids)

    def peek(self, where: PassageFilter) -> Mapping[str, PayloadValue] | None:
        """See PassageIndex."""
        rules.check_open(closed=self._closed)
        request = qe.ScrollRequest(limit=1, filter=edge_filter(where), with_payload=True)
        found, _ = self._shard.scroll(request)
        return found[0].payload if found else None

    def get(self, passage: UUID) -> Mapping[str, PayloadValue] | None:
        """See PassageIndex."""
        rules.check_open(closed=self._closed)
        found = self._shard.retrieve([passage], True, False)
        return found[0].payload if found else None

    def facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """See PassageIndex."""
        check_field(field)
        rules.check_limit(limit)
        rules.check_open(closed=self._closed)
        return edge_facets(self._shard, field, where, limit)

    def report_facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """See PassageIndex."""
        check_field(field)
        rules.check_limit(limit)
        rules.check_open(closed=self._closed)
        return self._reports.facets(field, where, limit)

    def count_reports(self, where: PassageFilter | None = None) -> int:
        """See PassageIndex."""
        rules.check_open(closed=self._closed)
        return self._reports.count(where)

    def count(self, where: PassageFilter | None = None) -> int:
        """See PassageIndex."""
        rules.check_open(closed=self._closed)
        return self._shard.count(qe.CountRequest(exact=True, filter=edge_filter(where)))

    def tally(
        self, where: PassageFilter | None = None, *, start: UUID | None = None, limit: int
    ) -> Tally:
        """See PassageIndex. 5,000 passages take 26 ms, in which nothing else runs."""
        rules.check_limit(limit)
        rules.check_open(closed=self._closed)
        found, following = self._shard.scroll(
            qe.ScrollRequest(
                offset=start, limit=limit, filter=edge_filter(where), with_payload=[*rules.OWNER]
            )
        )
        counts = rules.counted(point.payload for point in found)
        return Tally(counts, None if following is None else uuid_of(following))

    def snapshot(self, directory: Path) -> Path:
        """See PassageIndex. Writes wait while the files are copied; queries go on."""
        target = directory / self._folder.name
        if target.exists():
            raise Conflict(f"There is a copy at {target} already; name another folder.")
        with self._writing:
            rules.check_open(closed=self._closed)
            self._flush()
            _copy_folder(self._folder, target)
        return target

    def close(self) -> None:
        """Flush, close the files and let another process have the folder. Safe to call twice."""
        with self._writing:
            if self._closed:
                return
            self._closed = True
            self._flush()
            self._reports.close()
            self._shard.close()

    def _write(self, operation: qe.UpdateOperation, points: int) -> None:
        with self._writing:
            rules.check_open(closed=self._closed)
            self._shard.update(operation)
            self._unflushed += points
            if self._unflushed >= _FLUSH_EVERY:
                self._flush()

    def _flush(self) -> None:
        # In this order: a version must not be published whose passages a power cut took.
        self._shard.flush()
        self._reports.flush()
        self._unflushed = 0

    def _search(
        self, dense: Vector, sparse: SparseVector, only: qe.Filter | None, limit: int
    ) -> list[PassageHit]:
        similarities = _scores(self._shard.query(nearest(dense, only, limit)))
        words = _scores(self._shard.query(worded(sparse, only, limit))) if sparse.indices else {}
        if missing := words.keys() - similarities.keys():
            similarities |= _scores(self._shard.query(scored(dense, missing)))
        own = None
        if words and sparse.languages:
            request = scored(dense, {*similarities}, sparse.languages)
            own = _scores(self._shard.query(request)).keys()
        best = fuse(similarities, words, own, len(sparse.indices), limit)
        records = self._shard.retrieve([hit.id for hit in best], True, False) if best else []
        return found(best, {uuid_of(record.id): record.payload for record in records})


def _scores(points: Iterable[qe.ScoredPoint]) -> dict[UUID, float]:
    return {uuid_of(point.id): point.score for point in points}


def _create(folder: Path, spec: CollectionSpec, notes: Mapping[str, str]) -> None:
    """Make an empty shard beside its place and move it there, so that a crash leaves no half."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    config = qe.EdgeConfig(
        vectors={rules.DENSE: qe.EdgeVectorParams(spec.dimension, qe.Distance.Dot)},
        sparse_vectors={rules.BM25: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)},
        hnsw_config=qe.HnswIndexConfig(
            rules.HNSW_M, rules.HNSW_EF_CONSTRUCT, rules.HNSW_FULL_SCAN_KB
        ),
    )
    shard = qe.EdgeShard.create(str(draft), config)
    shard.flush()
    shard.close()
    (draft / rules.NOTES_FILE).write_text(json.dumps({**notes}), "utf-8")
    (draft / rules.SPEC_FILE).write_text(json.dumps(asdict(spec)), "utf-8")
    try:
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft)
        # Two processes may start at once: then the other's shard is in place, and is loaded.
        if (
            error.errno not in {errno.ENOTEMPTY, errno.EEXIST}
            or not (folder / rules.SPEC_FILE).exists()
        ):
            raise Conflict(
                f"{folder} holds something else than an index; move it away, or set "
                "NAVIGATOR_DATA_DIR or NAVIGATOR_COLLECTION to another place."
            ) from error


def _load(folder: Path) -> qe.EdgeShard:
    try:
        return qe.EdgeShard.load(str(folder))
    # The engine raises nothing more exact than Exception.
    except Exception as error:
        if "WouldBlock" not in str(error):
            raise
        raise Conflict(
            f"Another process has the index at {folder} open. One process owns the embedded "
            "index: run embed and recommend together (`navigator up`), or set "
            "NAVIGATOR_QDRANT_URL to a Qdrant server that both can reach.",
            code="index-in-use",
        ) from error


def _edge_point(point: PassagePoint) -> qe.Point:
    sparse = qe.SparseVector([*point.sparse.indices], [*point.sparse.values])
    vectors = {rules.DENSE: point.dense.tolist(), rules.BM25: sparse}
    return qe.Point(point.id, vectors, rules.plain_payload(point.payload))


def _copy_folder(source: Path, target: Path) -> None:
    """Copy beside the target and move there when complete, so that a full disk leaves no half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        shutil.copytree(source, partial, copy_function=_copy_file, dirs_exist_ok=True)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _copy_file(source: str, target: str) -> None:
    """Copy a file, leaving out its empty blocks: a shard of 49 MB is 195 MB with them."""
    with Path(source).open("rb") as reader, Path(target).open("wb") as writer:
        while block := reader.read(_BLOCK):
            if block.count(0) < len(block):
                writer.write(block)
            else:
                writer.seek(len(block), 1)
        writer.truncate()
