"""The passage index on a Qdrant server (REST), or in qdrant-client's memory for tests."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import RLock
from typing import Final, Self
from uuid import UUID, uuid4

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from libs.errors import Conflict, InvalidInput, Overloaded, Unavailable
from libs.vectors import rules
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
from libs.vectors.qdrant_reports import QdrantReports
from libs.vectors.qdrant_requests import index_fields, routes, server_filter, server_point
from libs.vectors.settings import IN_MEMORY

_SNAPSHOT_TIMEOUT: Final = 600
_HTTP_CONFLICT: Final = 409
_HTTP_NOT_FOUND: Final = 404
_HTTP_REFUSED: Final = frozenset({401, 403})
_HTTP_BROKEN: Final = 500


class QdrantPassageIndex:
    """A collection of a server. `open` makes one; this takes a client and an existing one.

    `alone` keeps callers one after another, which qdrant-client's memory mode needs.
    """

    def __init__(
        self, client: QdrantClient, collection: str, dimension: int, *, alone: bool, api_key: str
    ) -> None:
        self._client = client
        self._collection = collection
        self._reports = QdrantReports(client, collection)
        self._publications = Publications()
        self._dimension = dimension
        self._lock = RLock() if alone else None
        self._api_key = api_key
        self._closed = False

    @classmethod
    def open(
        cls,
        url: str,
        collection: str,
        spec: CollectionSpec,
        *,
        api_key: str | None = None,
        timeout: float = 10.0,
    ) -> Self:
        """Open a collection of the server at `url`, made first if there is none.

        Raises Conflict if it was made with another model or dimension, Unavailable if the server
        does not answer within `timeout` seconds.
        """
        local = url == IN_MEMORY
        if local:
            client = QdrantClient(IN_MEMORY)
        else:
            # The version check would be a request, and a warning where we want an error.
            client = QdrantClient(
                url=url, api_key=api_key, timeout=max(1, round(timeout)), check_compatibility=False
            )
        index = cls(client, collection, spec.dimension, alone=local, api_key=api_key or "")
        try:
            with index._answering():
                _prepare(client, collection, spec, indexed=not local)
                index._reports.prepare(spec.dimension, indexed=not local)
                index._publications.learn(index._reports.some())
        except BaseException:
            index.close()
            raise
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

    def peek(self, where: PassageFilter) -> Mapping[str, PayloadValue] | None:
        """See PassageIndex."""
        with self._answering():
            only = server_filter(where)
            found, _ = self._client.scroll(self._collection, scroll_filter=only, limit=1)
        return found[0].payload if found else None

    def facets(
        self, field: str, *, where: PassageFilter | None = None, limit: int = 100
    ) -> list[FacetCount]:
        """See PassageIndex."""
        check_field(field)
        rules.check_limit(limit)
        with self._answering():
            response = self._client.facet(
                self._collection,
                field,
                facet_filter=server_filter(where),
                limit=limit,
                exact=True,
            )
        return rules.ordered_facets(FacetCount(hit.value, hit.count) for hit in response.hits)

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
        if self._lock is not None:
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
        """Close the connections. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._client.close()

    def _snapshots(self) -> httpx.Client:
        # qdrant-client neither fetches snapshots nor lets one call wait longer than the others.
        host = self._client.http.client.host.rstrip("/")
        return httpx.Client(
            base_url=f"{host}/collections/{self._collection}",
            headers={"api-key": self._api_key} if self._api_key else {},
            timeout=_SNAPSHOT_TIMEOUT,
        )

    def _search(
        self, dense: Vector, sparse: SparseVector, only: models.Filter | None, limit: int
    ) -> list[PassageHit]:
        nearest: list[float] = dense.tolist()
        prefetch = routes(nearest, sparse, only, limit)
        weights = list(rules.RRF_WEIGHTS[: len(prefetch)])
        found = self._client.query_points(
            self._collection,
            prefetch=prefetch,
            query=models.RrfQuery(rrf=models.Rrf(k=rules.RRF_K, weights=weights)),
            limit=limit,
            with_payload=True,
        ).points
        similarity = self._similarities(nearest, [point.id for point in found])
        return rules.ordered_hits(
            PassageHit(
                id=UUID(str(point.id)),
                score=point.score,
                similarity=similarity.get(str(point.id)),
                payload=point.payload or {},
            )
            for point in found
        )

    def _similarities(
        self, nearest: list[float], ids: list[models.ExtendedPointId]
    ) -> dict[str, float]:
        # A second small request: the vectors of 50 hits would be 200 kB of JSON in the first.
        if not ids:
            return {}
        only = models.Filter(must=[models.HasIdCondition(has_id=ids)])
        scored = self._client.query_points(
            self._collection,
            query=nearest,
            using=rules.DENSE,
            query_filter=only,
            limit=len(ids),
            with_payload=False,
        ).points
        return {str(point.id): point.score for point in scored}

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turn what the client raises into Navigator's errors, and queue where it must."""
        rules.check_open(closed=self._closed)
        if self._lock is not None:
            with self._lock:
                yield
            return
        try:
            yield
        except (ResponseHandlingException, httpx.HTTPError) as error:
            raise Unavailable(
                "Qdrant does not answer; check that it runs and that NAVIGATOR_QDRANT_URL is right."
            ) from error
        except ResourceExhaustedResponse as error:
            raise Overloaded(
                "Qdrant is overloaded; come back later.", retry_after=error.retry_after_s
            ) from error
        except UnexpectedResponse as error:
            if (refusal := _refusal(error.status_code)) is None:
                raise
            raise Unavailable(refusal) from error


def _fetch(server: httpx.Client, path: str, target: Path) -> Path:
    partial = target.with_suffix(".part")
    with server.stream("GET", path) as response, partial.open("wb") as writer:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            writer.write(chunk)
    return partial.rename(target)


def _refusal(status: int | None) -> str | None:
    """What to do about an answer that is not the request's fault; None if it may be."""
    if status is None or status >= _HTTP_BROKEN:
        return "Qdrant failed to answer; look into its log and try again."
    if status in _HTTP_REFUSED:
        return "Qdrant refuses the key; set NAVIGATOR_QDRANT_API_KEY."
    if status == _HTTP_NOT_FOUND:
        return (
            "Qdrant has lost the collection; restart embed to make it anew, "
            "then run `navigator replay`."
        )
    return None


def _prepare(client: QdrantClient, collection: str, spec: CollectionSpec, *, indexed: bool) -> None:
    if not client.collection_exists(collection):
        _create(client, collection, spec)
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


def _create(client: QdrantClient, collection: str, spec: CollectionSpec) -> None:
    dense = models.VectorParams(size=spec.dimension, distance=models.Distance.DOT)
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    try:
        client.create_collection(
            collection,
            vectors_config={rules.DENSE: dense},
            sparse_vectors_config={rules.BM25: sparse},
            metadata=asdict(spec),
        )
    except UnexpectedResponse as error:
        # embed and recommend may start at once; the other one has made it.
        if error.status_code != _HTTP_CONFLICT:
            raise
