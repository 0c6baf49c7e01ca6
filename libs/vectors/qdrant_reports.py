"""The reports of an index on a server: a collection beside the passages', a point for each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, cast

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from libs.vectors import rules
from libs.vectors.port import FacetCount, PassageFilter, ReportHit, Vector
from libs.vectors.publications import Publication
from libs.vectors.qdrant_requests import index_fields, server_facets, server_filter

# 1,000 vectors of 384 dimensions are about 4 MB of JSON.
_PAGE: Final = 1_000
# Read at the start, so that the first questions need no second look.
_KNOWN_AT_START: Final = 10_000
_HTTP_CONFLICT: Final = 409
# In the collection's metadata once all passages that were there before it are published.
_COMPLETE: Final = "complete"


class QdrantReports:
    """The collection `<passages>-reports`."""

    def __init__(self, client: QdrantClient, passages: str) -> None:
        self._client = client
        self._passages = passages
        self._collection = reports_of(passages)

    def prepare(self, dimension: int, *, indexed: bool) -> None:
        """Make the collection where there is none, from the passages that are there.

        Passages from before there were such points, or recovered without them, are published that
        way, and not found until then.
        """
        if not self._client.collection_exists(self._collection):
            self._create(dimension)
        if indexed:
            index_fields(self._client, self._collection)
        info = self._client.get_collection(self._collection)
        if not (info.config.metadata or {}).get(_COMPLETE):
            payloads = (
                record.payload for record in self._scrolled(self._passages, None, [*rules.OWNER])
            )
            oldest = rules.oldest_versions(payloads)
            there = self.read(report_id for report_id, _ in oldest)
            for report_id, version in oldest:
                if report_id not in there:
                    self.publish(report_id, version, mark="")
            self._client.update_collection(self._collection, metadata={_COMPLETE: True})

    def publish(self, report_id: str, version: int, *, mark: str) -> None:
        """See PassageIndex. `mark` is another one each time."""
        where = PassageFilter({"report_id": [report_id], "version": [version]})
        fields = [*rules.REPORT_FIELDS]
        passages = list(self._scrolled(self._passages, where, fields, vectors=True))
        rules.check_passages(passages, report_id, version)
        payload = rules.report_payload([record.payload or {} for record in passages], mark)
        mean = rules.mean_vector([_dense(record) for record in passages])
        point = models.PointStruct(
            id=str(rules.report_point_id(report_id)),
            vector={rules.DENSE: mean.tolist()},
            payload=rules.plain_payload(payload),
        )
        self._client.upsert(self._collection, [point], wait=True)

    def delete(self, selector: models.FilterSelector) -> None:
        """Take these versions out of the answers."""
        self._client.delete(self._collection, selector, wait=True)

    def read(self, report_ids: Iterable[str]) -> dict[str, Publication]:
        """What is published of these reports."""
        ids = [str(rules.report_point_id(report_id)) for report_id in report_ids]
        if not ids:
            return {}
        fields = [*rules.PUBLICATION]
        return _publications(self._client.retrieve(self._collection, ids, with_payload=fields))

    def some(self) -> dict[str, Publication]:
        """What is published, of the first ten thousand reports."""
        found, _ = self._client.scroll(
            self._collection, limit=_KNOWN_AT_START, with_payload=[*rules.PUBLICATION]
        )
        return _publications(found)

    def similar(self, report_id: str, where: PassageFilter | None, limit: int) -> list[ReportHit]:
        """See PassageIndex."""
        own = str(rules.report_point_id(report_id))
        found = self._client.retrieve(self._collection, [own], with_vectors=[rules.DENSE])
        if not found:
            raise rules.not_published(report_id)
        nearest = self._client.query_points(
            self._collection,
            query=_dense(found[0]),
            using=rules.DENSE,
            query_filter=server_filter(where),
            limit=limit + 1,
            with_payload=[*rules.REPORT_FIELDS],
        ).points
        hits = [
            rules.report_hit(point.payload or {}, point.score)
            for point in nearest
            if str(point.id) != own
        ]
        return hits[:limit]

    def vectors(self, report_ids: Sequence[str]) -> dict[str, Vector]:
        """See PassageIndex."""
        ids = {str(rules.report_point_id(report_id)): report_id for report_id in report_ids}
        if not ids:
            return {}
        found = self._client.retrieve(
            self._collection, [*ids], with_payload=False, with_vectors=[rules.DENSE]
        )
        return {ids[str(each.id)]: np.array(_dense(each), np.float32) for each in found}

    def facets(self, field: str, where: PassageFilter | None, limit: int) -> list[FacetCount]:
        """See PassageIndex."""
        return server_facets(self._client, self._collection, field, where, limit)

    def count(self, where: PassageFilter | None) -> int:
        """See PassageIndex."""
        only = server_filter(where)
        return self._client.count(self._collection, count_filter=only, exact=True).count

    def _create(self, dimension: int) -> None:
        vectors = models.VectorParams(size=dimension, distance=models.Distance.DOT)
        try:
            self._client.create_collection(self._collection, vectors_config={rules.DENSE: vectors})
        except UnexpectedResponse as error:
            # embed and recommend may start at once; the other one has made it.
            if error.status_code != _HTTP_CONFLICT:
                raise

    def _scrolled(
        self,
        collection: str,
        where: PassageFilter | None,
        fields: list[str],
        *,
        vectors: bool = False,
    ) -> Iterator[models.Record]:
        start = None
        while True:
            found, start = self._client.scroll(
                collection,
                scroll_filter=server_filter(where),
                limit=_PAGE,
                offset=start,
                with_payload=[*fields],
                with_vectors=[rules.DENSE] if vectors else False,
            )
            yield from found
            if start is None:
                return


def reports_of(passages: str) -> str:
    """The name of the collection of the reports whose passages are in that one."""
    return f"{passages}-{rules.REPORTS}"


def _publications(records: Iterable[models.Record]) -> dict[str, Publication]:
    return dict(rules.publication(record.payload or {}) for record in records)


def _dense(record: models.Record) -> list[float]:
    return cast("dict[str, list[float]]", record.vector)[rules.DENSE]
