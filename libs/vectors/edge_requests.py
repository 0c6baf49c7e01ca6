"""What is asked of Qdrant Edge, in its own classes."""

from collections.abc import Collection, Sequence
from uuid import UUID

import qdrant_edge as qe

from libs.vectors import rules
from libs.vectors.port import (
    INTEGER_FIELDS,
    KEYWORD_FIELDS,
    FacetCount,
    PassageFilter,
    SparseVector,
    Vector,
)
from libs.vectors.publications import Owner


def ensure_field_indexes(shard: qe.EdgeShard) -> None:
    """Index the payload fields that are not indexed yet, also of a shard from an older release."""
    present = shard.info().payload_schema
    kinds = dict.fromkeys(KEYWORD_FIELDS, qe.PayloadSchemaType.Keyword)
    kinds |= dict.fromkeys(INTEGER_FIELDS, qe.PayloadSchemaType.Integer)
    for field, kind in kinds.items():
        if field not in present:
            shard.update(qe.UpdateOperation.create_field_index(field, kind))


def nearest(dense: Vector, only: qe.Filter | None, limit: int) -> qe.QueryRequest:
    """The passages nearest to a question."""
    return qe.QueryRequest(
        limit=rules.candidates(limit),
        query=qe.Query.Nearest(dense.tolist(), using=rules.DENSE),
        filter=only,
        params=qe.SearchParams(hnsw_ef=rules.HNSW_EF),
    )


def worded(sparse: SparseVector, only: qe.Filter | None, limit: int) -> qe.QueryRequest:
    """The passages that have a question's words, by BM25."""
    terms = qe.SparseVector([*sparse.indices], [*sparse.values])
    return qe.QueryRequest(
        limit=rules.candidates(limit),
        query=qe.Query.Nearest(terms, using=rules.BM25),
        filter=only,
    )


def scored(dense: Vector, ids: set[UUID], languages: Sequence[str] = ()) -> qe.QueryRequest:
    """How near these passages are; of given languages, only those in one of them.

    It tells 200 passages' languages in 0.2 ms; with their payloads it would be 0.5.
    """
    spoken = [qe.FieldCondition(rules.LANGUAGE, match=qe.MatchAny([*languages]))]
    return qe.QueryRequest(
        limit=len(ids),
        query=qe.Query.Nearest(dense.tolist(), using=rules.DENSE),
        filter=qe.Filter(must=[qe.HasIdCondition({*ids}), *(spoken if languages else [])]),
    )


def edge_filter(where: PassageFilter | None, hidden: Collection[Owner] = ()) -> qe.Filter | None:
    """What matches, without the hidden versions of reports."""
    if where is None and not hidden:
        return None
    return qe.Filter(
        must=[
            qe.FieldCondition(field, match=qe.MatchAny(list(values)))  # type: ignore[arg-type] # one kind per field, checked by PassageFilter
            for field, values in (where.any_of.items() if where else ())
        ],
        must_not=[_owned_by(owner) for owner in hidden],
    )


def edge_facets(
    shard: qe.EdgeShard, field: str, where: PassageFilter | None, limit: int
) -> list[FacetCount]:
    """Counts of a shard's points per value of a field."""
    request = qe.FacetRequest(key=field, limit=limit, exact=True, filter=edge_filter(where))
    # A value that was there once is still told, with none.
    return rules.ordered_facets(
        FacetCount(hit.value, hit.count) for hit in shard.facet(request) if hit.count
    )


def _owned_by(owner: Owner) -> qe.Filter:
    report_id, version = owner
    return qe.Filter(
        must=[
            qe.FieldCondition("report_id", match=qe.MatchValue(report_id)),
            qe.FieldCondition("version", match=qe.MatchValue(version)),
        ]
    )


def uuid_of(identifier: int | UUID | str) -> UUID:
    """A point's id, however the engine gives it."""
    return identifier if isinstance(identifier, UUID) else UUID(str(identifier))
