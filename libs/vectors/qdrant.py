"""The passage index on a Qdrant server (REST), or in qdrant-client's memory for tests."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self
from uuid import UUID, uuid4

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from libs.errors import Conflict, InvalidInput
from libs.vectors import rules
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
from libs.vectors.publications import Owner, Publication, Publications
from libs.vectors.qdrant_connection import QdrantConnection
from libs.vectors.qdrant_reports import QdrantReports
from libs.vectors.qdrant_requests import (
    index_fields,
    routes,
    server_facets,
    server_filter,
    server_point,
)

_SNAPSHOT_TIMEOUT: Final = 600
_HTTP_CONFLICT: Final = 409


class QdrantPassageIndex:
    """A collection of a server. `open` makes one; this takes an existing one."""

    def __init__(self, connection: QdrantConnection, collection: str, dimension: int) -> None:
        self._connection = connection
        self._client = connection.client
        self._collection = collection
        self._reports = QdrantReports(connection.client, collection)
        self._publications = Publications()
        self._dimension = dimension
        self._closed = False

    @classmethod
    def open(
        cls,
        connection: QdrantConnection,
        collection: str,
        spec: CollectionSpec,
        notes: Mapping[str, str] = MappingProxyType({}),
    ) -> Self:
        """Open a collection, made first, with these notes, if there is none.

        Raises Conflict if it was made with another model or dimension, Unavailable if the server
        does not answer. The connection stays its owner's to close.
        """
        index = cls(connection, collection, spec.dimension)
        indexed = not connection.in_memory
        with connection.answering():
            _prepare(connection.client, collection, spec, notes, indexed=indexed)
            index._reports.prepare(spec.dimension, indexed=indexed)
            index._publications.learn(index._reports.some())
        return index

    def upsert(self, points: Iterable[PassagePoint]) -> None:
        """See PassageIndex."""
        for batch in rules.batches(points, rules.BATCH):
            for point in batch:
                rules.check_point(point, self._dimension)
            with self._answering():
                self._client.upsert(
                    self._collection, [server_point(point) for point in batch], wait=True
                )

    def delete_report(self, report_id: str, *, before_version: int | None = None) -> None:
        """See PassageIndex."""
        must: list[models.Condition] = [
            models.FieldCondition(key="report_id", match=models.MatchValue(value=report_id))
        ]
        if before_version is not None:
            below = models.Range(lt=before_version)
            must.append(models.FieldCondition(key="version", range=below))
        selector = models.FilterSelector(filter=models.Filter(must=must))
        with self._answering():
            self._reports.delete(selector)
            self._client.delete(self._collection, selector, wait=True)

    def delete(self, ids: Iterable[UUID]) -> None:
        """See PassageIndex."""
        for batch in rules.batches(map(str, ids), rules.BATCH):
            with self._answering():
                self._client.delete(self._collection, [*batch], wait=True)

    def publish(self, report_id: str, version: int) -> None:
        """See PassageIndex."""
        with self._answering():
            self._reports.publish(report_id, version, mark=uuid4().hex)
            self._publications.learn(self._reports.read([report_id]))

    def published(self, report_ids: Sequence[str]) -> dict[str, int]:
        """See PassageIndex."""
        with self._answering():
            found = self._reports.read(report_ids)
        return {key: publication.version for key, publication in found.items()}

    def query(
        self, dense: Vector, sparse: SparseVector, *, where: PassageFilter | None, limit: int
    ) -> list[PassageHit]:
        """See PassageIndex."""
        rules.check_limit(limit)
        rules.check_dense(dense, self._dimension)

        def search(hidden: Collection[Owner]) -> list[PassageHit]:
            with self._answering():
                return self._search(dense, sparse, server_filter(where, hidden), limit)

        def read(report_ids: Iterable[str]) -> dict[str, Publication]:
            with self._answering():
                return self._reports.read(report_ids)

        return self._publications.consistent(search, read)

    def similar_reports(
        self, report_id: str, *, where: PassageFilter | None = None, limit: int
    ) -> list[ReportHit]:
        """See PassageIndex."""
        rules.check_limit(limit)
        with self._answering():
            return self._reports.similar(report_id, where, limit)

    def report_vectors(self, report_ids: Sequence[str]) -> dict[str, Vector]:
        """See PassageIndex."""
        with self._answering():
            return self._reports.vectors(report_ids)

    def peek(self, where: PassageFilter) -> Mapping[str, PayloadValue] | None:
        """See PassageIndex."""
        with self._answering():
            only = server_filter(where)
            found, _ = self._client.scroll(self._collection, scroll_filter=only, limit=1)
        return found[0].payload if found else None

    def get(self, passage: UUID) -> Mapping[str, PayloadValue] | None:
        """See PassageIndex."""
        with self._answering():
            found = self._client.retrieve(self._collection, [str(passage)], with_payload=True)
        return found[0].payload if found else None

    def facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """See PassageIndex."""
        check_field(field)
        rules.check_limit(limit)
        with self._answering():
            return server_facets(self._client, self._collection, field, where, limit)

    def report_facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """See PassageIndex."""
        check_field(field)
        rules.check_limit(limit)
        with self._answering():
            return self._reports.facets(field, where, limit)

    def count_reports(self, where: PassageFilter | None = None) -> int:
        """See PassageIndex."""
        with self._answering():
            return self._reports.count(where)

    def count(self, where: PassageFilter | None = None) -> int:
        """See PassageIndex."""
        with self._answering():
            only = server_filter(where)
            return self._client.count(self._collection, count_filter=only, exact=True).count

    def tally(
        self, where: PassageFilter | None = None, *, start: UUID | None = None, limit: int
    ) -> Tally:
        """See PassageIndex."""
        rules.check_limit(limit)
        with self._answering():
            found, following = self._client.scroll(
                self._collection,
                scroll_filter=server_filter(where),
                limit=limit,
                offset=None if start is None else str(start),
                with_payload=[*rules.OWNER],
            )
        counts = rules.counted(point.payload for point in found)
        return Tally(counts, None if following is None else UUID(str(following)))

    def snapshot(self, directory: Path) -> Path:
        """See PassageIndex. The server makes the snapshot, it is fetched, and deleted there."""
        if self._connection.in_memory:
            raise InvalidInput(
                "Qdrant's memory mode keeps nothing; set NAVIGATOR_QDRANT_URL to a server, or "
                "leave it out for the embedded engine, to have snapshots."
            )
        target = directory / f"{self._collection}.snapshot"
        if target.exists():
            raise Conflict(f"There is a copy at {target} already; name another folder.")
        directory.mkdir(parents=True, exist_ok=True)
        with self._answering(), self._snapshots() as server:
            made = server.post("snapshots", params={"wait": "true"}).raise_for_status()
            path = f"snapshots/{made.json()['result']['name']}"
            try:
                return _fetch(server, path, target)
            finally:
                server.delete(path)

    def close(self) -> None:
        """Answer no more. Safe to call twice."""
        self._closed = True

    def _snapshots(self) -> httpx.Client:
        # qdrant-client neither fetches snapshots nor lets one call wait longer than the others.
        host = self._client.http.client.host.rstrip("/")
        return httpx.Client(
            base_url=f"{host}/collections/{self._collection}",
            headers={"api-key": self._connection.api_key} if self._connection.api_key else {},
            timeout=_SNAPSHOT_TIMEOUT,
        )

    def _search(
        self, dense: Vector, sparse: SparseVector, only: models.Filter | None, limit: int
    ) -> list[PassageHit]:
        graph = not self._connection.in_memory
        asked = routes(dense.tolist(), sparse, only, limit, graph=graph)
        answers = self._client.query_batch_points(self._collection, asked)
        points = [point for answer in answers[::2] for point in answer.points]
        similarities = {UUID(str(point.id)): point.score for point in points}
        words = {
            UUID(str(point.id)): point.score for answer in answers[1:2] for point in answer.points
        }
        own = {
            UUID(str(point.id))
            for point in points
            if (point.payload or {}).get(rules.LANGUAGE) in sparse.languages
        }
        asked_in = own if sparse.languages else None
        best = fuse(similarities, words, asked_in, len(sparse.indices), limit)
        # A second request: the texts of all candidates would be 200 kB of JSON in the first.
        wanted = [str(hit.id) for hit in best]
        records = self._client.retrieve(self._collection, wanted) if wanted else []
        return found(best, {UUID(str(record.id)): record.payload for record in records})

    @contextmanager
    def _answering(self) -> Iterator[None]:
        rules.check_open(closed=self._closed)
        with self._connection.answering():
            yield


def _fetch(server: httpx.Client, path: str, target: Path) -> Path:
    partial = target.with_suffix(".part")
    with server.stream("GET", path) as response, partial.open("wb") as writer:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            writer.write(chunk)
    return partial.rename(target)


def _prepare(
    client: QdrantClient,
    collection: str,
    spec: CollectionSpec,
    notes: Mapping[str, str],
    *,
    indexed: bool,
) -> None:
    if not client.collection_exists(collection):
        _create(client, collection, spec, notes)
    found = client.get_collection(collection)
    metadata = found.config.metadata or {}
    if metadata.keys() < asdict(spec).keys():
        raise Conflict(
            f"The collection {collection} was not made by Navigator; set NAVIGATOR_COLLECTION."
        )
    stored = CollectionSpec(model=metadata["model"], dimension=metadata["dimension"])
    rules.check_spec(stored, spec, f"collection {collection}")
    # Memory mode has no field indexes, and warns when asked for one.
    if indexed:
        index_fields(client, collection)


def _create(
    client: QdrantClient, collection: str, spec: CollectionSpec, notes: Mapping[str, str]
) -> None:
    dense = models.VectorParams(size=spec.dimension, distance=models.Distance.DOT)
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    try:
        client.create_collection(
            collection,
            vectors_config={rules.DENSE: dense},
            sparse_vectors_config={rules.BM25: sparse},
            hnsw_config=models.HnswConfigDiff(m=rules.HNSW_M, ef_construct=rules.HNSW_EF_CONSTRUCT),
            metadata={**asdict(spec), "notes": {**notes}},
        )
    except UnexpectedResponse as error:
        # embed and recommend may start at once; the other one has made it.
        if error.status_code != _HTTP_CONFLICT:
            raise
