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
    dense: list[float],
    sparse: SparseVector,
    only: models.Filter | None,
    limit: int,
    *,
    graph: bool,
) -> list[models.QueryRequest]:
    """What is asked at once: the nearest, those with the words, and how near the latter are.

    Memory mode has no `graph`, and warns when told how wide to search it.
    """
    wide = rules.candidates(limit)
    nearest = models.QueryRequest(
        query=dense,
        using=rules.DENSE,
        filter=only,
        limit=wide,
        params=models.SearchParams(hnsw_ef=rules.HNSW_EF) if graph else None,
        with_payload=[rules.LANGUAGE],
    )
    if not sparse.indices:
        return [nearest]
    terms = models.SparseVector(indices=[*sparse.indices], values=[*sparse.values])
    worded = models.QueryRequest(query=terms, using=rules.BM25, filter=only, limit=wide)
    prefetch = models.Prefetch(query=terms, using=rules.BM25, filter=only, limit=wide)
    scored = models.QueryRequest(
        prefetch=[prefetch],
        query=dense,
        using=rules.DENSE,
        limit=wide,
        with_payload=[rules.LANGUAGE],
    )
    return [nearest, worded, scored]


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
