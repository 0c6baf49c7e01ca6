"""How surely a question is one that this collection can answer, and below which it is not.

A logistic regression with a weight for each dimension of the question's vector, and one for how
near the three nearest projects are. Its numbers stand beside this file, made for one model by
`quality/closeness.py`; `docs/abstention.md` tells how far they can be believed.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from libs.vectors.port import PassageHit, Vector

CLOSENESS_FILE: Final = Path(__file__).with_name("closeness.npz")
PROJECTS: Final = 3


def nearness(hits: Iterable[PassageHit]) -> float:
    """The mean similarity of the three nearest projects, each by its best passage; 0 for none."""
    best: dict[str, float] = {}
    for hit in hits:
        report_id = str(hit.payload["report_id"])
        best[report_id] = max(hit.similarity or 0.0, best.get(report_id, 0.0))
    nearest = sorted(best.values(), reverse=True)[:PROJECTS]
    return sum(nearest) / len(nearest) if nearest else 0.0


@dataclass(frozen=True, slots=True)
class Closeness:
    """The numbers for one model. `weights` has shape (dimension,); `floor` is a probability."""

    weights: Vector
    nearness_weight: float
    bias: float
    floor: float

    def of(self, question: Vector, hits: Iterable[PassageHit]) -> float:
        """From 0 to 1; below `floor` the collection holds nothing close. 0 where nothing is found.

        `question` has the shape (dimension,); `hits` are what was found for it.
        """
        near = nearness(hits)
        if near <= 0:
            return 0.0
        logit = float(question @ self.weights) + self.nearness_weight * near + self.bias
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))

    def refuses(self, question: Vector, hits: Iterable[PassageHit]) -> bool:
        """True where the collection holds nothing close."""
        return self.of(question, hits) < self.floor


@cache
def load_closeness(model: str) -> Closeness | None:
    """The numbers for a model, read once; None for another than they were made for."""
    with np.load(CLOSENESS_FILE) as stored:
        if str(stored["model"]) != model:
            return None
        return Closeness(
            weights=stored["weights"],
            nearness_weight=float(stored["nearness_weight"]),
            bias=float(stored["bias"]),
            floor=float(stored["floor"]),
        )
