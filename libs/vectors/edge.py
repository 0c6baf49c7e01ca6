"""The passage index on Qdrant Edge: the engine in this process, its files in a folder.

One process owns the folder. Measured with qdrant-edge-py 0.9.0: every call holds the
interpreter's lock; updates and queries may overlap without errors; an update (0.1 ms) goes to a
memory-mapped write-ahead log, which survives kill -9; `flush` (16 ms) also survives a power cut.
"""

import errno
import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Final, Self
from uuid import UUID

import qdrant_edge as qe

from libs.errors import Conflict
from libs.vectors import rules
from libs.vectors.port import (
    INTEGER_FIELDS,
    KEYWORD_FIELDS,
    CollectionSpec,
    FacetCount,
    PassageFilter,
    PassageHit,
    PassagePoint,
    SparseVector,
    Tally,
    Vector,
    check_field,
)

# Points written between flushes. It bounds the log to replay on start, and what a power cut takes.
_FLUSH_EVERY: Final = 1000
_SPEC_FILE: Final = "collection.json"
_BLOCK: Final = 1 << 16


class EdgePassageIndex:
    """A shard of Qdrant's engine. `open` makes one; this takes an open shard and its folder."""

    def __init__(self, shard: qe.EdgeShard, folder: Path, dimension: int) -> None:
        self._shard = shard
        self._folder = folder
        self._dimension = dimension
        self._writing = Lock()
        self._unflushed = 0
        self._closed = False

    @classmethod
    def open(cls, folder: Path, spec: CollectionSpec) -> Self:
        """Open the shard in `folder`, made first if there is none.

        Raises Conflict if it was made with another model or dimension, if another process has it
        open, or if the folder holds something else.
        """
        if not (folder / _SPEC_FILE).exists():
            _create(folder, spec)
        stored = CollectionSpec(**json.loads((folder / _SPEC_FILE).read_text("utf-8")))
        rules.check_spec(stored, spec, str(folder))
        shard = _load(folder)
        _ensure_field_indexes(shard)
        return cls(shard, folder, spec.dimension)

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
        self._write(qe.UpdateOperation.delete_points_by_filter(qe.Filter(must=[*must])), 1)

    def query(
        self, dense: Vector, sparse: SparseVector, *, where: PassageFilter | None, limit: int
    ) -> list[PassageHit]:
        """See PassageIndex."""
        rules.check_limit(limit)
        rules.check_dense(dense, self._dimension)
        rules.check_open(closed=self._closed)
        nearest = qe.Query.Nearest(dense.tolist(), using=rules.DENSE)
        found = self._shard.query(_fused(nearest, sparse, where, limit))
        similarity = self._similarities(nearest, {_uuid(point.id) for point in found})
        return rules.ordered_hits(
            PassageHit(
                id=_uuid(point.id),
                score=point.score,
                similarity=similarity.get(_uuid(point.id)),
                payload=point.payload or {},
            )
            for point in found
        )

    def facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """See PassageIndex."""
        check_field(field)
        rules.check_limit(limit)
        rules.check_open(closed=self._closed)
        request = qe.FacetRequest(key=field, limit=limit, exact=True, filter=_edge_filter(where))
        return rules.ordered_facets(
            FacetCount(hit.value, hit.count) for hit in self._shard.facet(request) if hit.count
        )

    def count(self, where: PassageFilter | None = None) -> int:
        """See PassageIndex."""
        rules.check_open(closed=self._closed)
        return self._shard.count(qe.CountRequest(exact=True, filter=_edge_filter(where)))

    def tally(
        self, where: PassageFilter | None = None, *, start: UUID | None = None, limit: int
    ) -> Tally:
        """See PassageIndex. 5,000 passages take 26 ms, in which nothing else runs."""
        rules.check_limit(limit)
        rules.check_open(closed=self._closed)
        found, following = self._shard.scroll(
            qe.ScrollRequest(
                offset=start, limit=limit, filter=_edge_filter(where), with_payload=[*rules.OWNER]
            )
        )
        counts = rules.counted(point.payload for point in found)
        return Tally(counts, None if following is None else _uuid(following))

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
            self._shard.close()

    def _write(self, operation: qe.UpdateOperation, points: int) -> None:
        with self._writing:
            rules.check_open(closed=self._closed)
            self._shard.update(operation)
            self._unflushed += points
            if self._unflushed >= _FLUSH_EVERY:
                self._flush()

    def _flush(self) -> None:
        self._shard.flush()
        self._unflushed = 0

    def _similarities(self, nearest: qe.Query, ids: set[UUID]) -> dict[UUID, float]:
        # Scoring 50 known points again costs 0.3 ms; returning their vectors, 0.7 ms.
        if not ids:
            return {}
        only = qe.Filter(must=[qe.HasIdCondition({*ids})])
        scored = self._shard.query(qe.QueryRequest(limit=len(ids), query=nearest, filter=only))
        return {_uuid(point.id): point.score for point in scored}


def _create(folder: Path, spec: CollectionSpec) -> None:
    """Make an empty shard beside its place and move it there, so that a crash leaves no half."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    config = qe.EdgeConfig(
        vectors={rules.DENSE: qe.EdgeVectorParams(spec.dimension, qe.Distance.Dot)},
        sparse_vectors={rules.BM25: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)},
    )
    shard = qe.EdgeShard.create(str(draft), config)
    shard.flush()
    shard.close()
    (draft / _SPEC_FILE).write_text(json.dumps(asdict(spec)), "utf-8")
    try:
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft)
        # Two processes may start at once: then the other's shard is in place, and is loaded.
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST} or not (folder / _SPEC_FILE).exists():
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


def _ensure_field_indexes(shard: qe.EdgeShard) -> None:
    """Index the payload fields that are not indexed yet, also of a shard from an older release."""
    present = shard.info().payload_schema
    kinds = dict.fromkeys(KEYWORD_FIELDS, qe.PayloadSchemaType.Keyword)
    kinds |= dict.fromkeys(INTEGER_FIELDS, qe.PayloadSchemaType.Integer)
    for field, kind in kinds.items():
        if field not in present:
            shard.update(qe.UpdateOperation.create_field_index(field, kind))


def _fused(
    nearest: qe.Query, sparse: SparseVector, where: PassageFilter | None, limit: int
) -> qe.QueryRequest:
    routes = [nearest]
    if sparse.indices:
        terms = qe.SparseVector([*sparse.indices], [*sparse.values])
        routes.append(qe.Query.Nearest(terms, using=rules.BM25))
    wide, only = rules.candidates(limit), _edge_filter(where)
    weights = list(rules.RRF_WEIGHTS[: len(routes)])
    params = qe.SearchParams(hnsw_ef=rules.HNSW_EF)
    return qe.QueryRequest(
        limit=limit,
        prefetches=[qe.Prefetch(wide, query=route, filter=only, params=params) for route in routes],
        query=qe.Fusion.Rrf(rules.RRF_K, weights),  # type: ignore[arg-type] # the stubs nest it
        with_payload=True,
    )


def _edge_filter(where: PassageFilter | None) -> qe.Filter | None:
    if where is None:
        return None
    return qe.Filter(
        must=[
            qe.FieldCondition(field, match=qe.MatchAny(list(values)))  # type: ignore[arg-type] # one kind per field, checked by PassageFilter
            for field, values in where.any_of.items()
        ]
    )


def _edge_point(point: PassagePoint) -> qe.Point:
    sparse = qe.SparseVector([*point.sparse.indices], [*point.sparse.values])
    vectors = {rules.DENSE: point.dense.tolist(), rules.BM25: sparse}
    return qe.Point(point.id, vectors, rules.plain_payload(point.payload))


def _uuid(identifier: int | UUID | str) -> UUID:
    return identifier if isinstance(identifier, UUID) else UUID(str(identifier))


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
