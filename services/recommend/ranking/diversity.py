"""That one project told by many reports takes one place of an answer.

Maximal marginal relevance (Carbonell and Goldstein 1998, https://doi.org/10.1145/290941.291025):
each place goes to who is best for the question and least like those that stand above. Only what is
all but the same counts as alike, for projects on one subject are alike by nature (ADR 36).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from libs.vectors.port import Vector
from services.recommend.ranking.ranker import Ranked
from services.recommend.ranking.weights import Diversity


def diverse(
    ranked: Sequence[Ranked], vectors: Mapping[str, Vector], diversity: Diversity
) -> list[Ranked]:
    """All of them in the new order. `vectors` are unit means by report id; who has none is alone.

    The place of each is decided by relevance x its total - (1 - relevance) x how alike it is to
    the likest above it: 0 up to a similarity of `alike_from`, 1 for the same. Equal ones stay as
    they were.
    """
    if diversity.relevance == 1 or not vectors:
        return list(ranked)
    nothing = np.zeros_like(next(iter(vectors.values())))
    rows = np.array([vectors.get(each.found.report_id, nothing) for each in ranked])
    similarity = rows @ rows.T
    alike = np.maximum(0.0, similarity - diversity.alike_from) / (1 - diversity.alike_from)
    worth = diversity.relevance * np.array([each.score.total for each in ranked])
    likest = np.zeros(len(ranked))
    left, found = list(range(len(ranked))), []
    while left:
        best = max(left, key=lambda i: worth[i] - (1 - diversity.relevance) * likest[i])
        left.remove(best)
        found.append(ranked[best])
        likest = np.maximum(likest, alike[best])
    return found
