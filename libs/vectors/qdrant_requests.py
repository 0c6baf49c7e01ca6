"""What is asked of a Qdrant server, in its client's classes."""

from collections.abc import Collection

from qdrant_client import QdrantClient, models

from libs.vectors import rules
from libs.vectors.port import (
    INTEGER_FIELDS,
    KEYWORD_FIELDS,
    FacetCount,
    PassageFilter,
    PassagePoint,
    SparseVector,
)
from libs.vectors.publications import Owner


def index_fields(client: QdrantClient, collection: str) -> None:
    """Index the payload fields that are not indexed yet, also of an older release's collection."""
    present = client.get_collection(collection).payload_schema
    kinds = dict.fromkeys(KEYWORD_FIELDS, models.PayloadSchemaType.KEYWORD)
    kinds |= dict.fromkeys(INTEGER_FIELDS, models.PayloadSchemaType.INTEGER)
    for field, kind in kinds.items():
        if field not in present:
            client.create_payload_index(collection, field, kind, wait=True)


def routes(
    nearest: list[float], sparse: SparseVector, only: models.Filter | None, limit: int
) -> list[models.Prefetch]:
    """The candidates of each route."""
    wide = rules.candidates(limit)
    found = [
        models.Prefetch(
            query=nearest,
            using=rules.DENSE,
            filter=only,
            limit=wide,
            params=models.SearchParams(hnsw_ef=rules.HNSW_EF),
        )
    ]
    if sparse.indices:
        terms = models.SparseVector(indices=[*sparse.indices], values=[*sparse.values])
        found.append(models.Prefetch(query=terms, using=rules.BM25, filter=only, limit=wide))
    return found


def server_filter(
    where: PassageFilter | None, hidden: Collection[Owner] = ()
) -> models.Filter | None:
    """What matches, without the hidden versions of reports."""
    if where is None and not hidden:
        return None
    return models.Filter(
        must=[
            models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
            for field, values in (where.any_of.items() if where else ())
        ],
        must_not=[_owned_by(owner) for owner in hidden],
    )


def server_facets(
    client: QdrantClient, collection: str, field: str, where: PassageFilter | None, limit: int
) -> list[FacetCount]:
    """Counts of a collection's points per value of a field."""
    found = client.facet(
        collection, field, facet_filter=server_filter(where), limit=limit, exact=True
    )
    return rules.ordered_facets(FacetCount(hit.value, hit.count) for hit in found.hits)


def _owned_by(owner: Owner) -> models.Filter:
    return models.Filter(
        must=[
            models.FieldCondition(key=field, match=models.MatchValue(value=value))
            for field, value in zip(rules.OWNER, owner, strict=True)
        ]
    )


def server_point(point: PassagePoint) -> models.PointStruct:
    """A passage as the server takes it."""
    sparse = models.SparseVector(indices=[*point.sparse.indices], values=[*point.sparse.values])
    return models.PointStruct(
        id=str(point.id),
        vector={rules.DENSE: point.dense.tolist(), rules.BM25: sparse},
        payload=rules.plain_payload(point.payload),
    )
