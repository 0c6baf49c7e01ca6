"""One order from two: how near a passage is in meaning, and how well it has the question's words.

A sum of scores (Bruch, Gai and Ingber 2023, https://doi.org/10.1145/3596512), not of reciprocal
ranks (Cormack et al. 2009): ranks do not tell that the best of a list is good for nothing, which
across languages is what BM25's best often is. Chosen and measured by `quality/ranking.py`, ADR 35.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from libs.vectors.port import PassageHit, PayloadValue

Numbers = NDArray[np.float64]

# The words' share of a score; the other is the similarity's.
WORDS_SHARE: Final = 0.25
# A BM25 score that counts half: five a term, so that a question of one rare name is answered by
# who has it, and at most 40, so that a long description does not drown its own meaning.
HALF_A_TERM: Final = 5.0
HALF_AT_MOST: Final = 40.0
_DIGITS: Final = 7


@dataclass(frozen=True, slots=True)
class Fused:
    """A passage's place in the order. `score` is at most 1; `similarity` the inner product."""

    id: UUID
    score: float
    similarity: float


def fused_scores(
    similarity: Numbers, words: Numbers, own: NDArray[np.bool_], terms: int
) -> Numbers:
    """The score of each candidate; all arrays have the shape (candidates,).

    `words` are BM25 scores, 0 for what has none of the question's `terms` words. `own` are the
    passages in a language of the question. The others cannot have its words, so that counting
    none for them would put her own language first: they count as her own do on average.
    """
    counted = words / (words + min(HALF_AT_MOST, HALF_A_TERM * max(1, terms)))
    expected = float(counted[own].mean()) if own.any() else 0.0
    counted = np.where(own, counted, np.maximum(counted, expected))
    scores: Numbers = (1 - WORDS_SHARE) * similarity + WORDS_SHARE * counted
    return scores


def fuse(
    similarities: Mapping[UUID, float],
    words: Mapping[UUID, float],
    own: Collection[UUID] | None,
    terms: int,
    limit: int,
) -> list[Fused]:
    """The best of all that has a similarity, best first; what has none was just removed.

    `words` are the BM25 scores of those that were found by them, `own` the passages in a language
    of the question, or None where it is not known. Equal scores are ordered by similarity.
    """
    # By id first, so that what ties in all comes in one order.
    ids = sorted(similarities, key=attrgetter("int"))
    near = np.array([similarities[each] for each in ids])
    scores = fused_scores(
        near,
        np.array([words.get(each, 0.0) for each in ids]),
        np.array([own is None or each in own for each in ids], dtype=bool),
        terms,
    )
    # Rounded, because the engines add up in other precisions.
    order = np.lexsort((-near, -scores.round(_DIGITS)))[:limit]
    return [Fused(ids[place], float(scores[place]), float(near[place])) for place in order]


def found(
    best: Iterable[Fused], payloads: Mapping[UUID, Mapping[str, PayloadValue] | None]
) -> list[PassageHit]:
    """The hits, in their order; without those that were removed before their payload was read."""
    return [
        PassageHit(hit.id, hit.score, hit.similarity, payloads[hit.id] or {})
        for hit in best
        if hit.id in payloads
    ]
