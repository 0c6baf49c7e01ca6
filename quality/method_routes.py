"""The routes from a case's text to methods, each with each signal, as scores per method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.vectors.bm25 import Bm25Encoder
from quality.participedia import Embedded, Participedia
from quality.signals import BELOW_ALL, FUSED, NOT_FOUND, SIGNALS, Scores, signals
from services.recommend.ranking.methods import Voter, votes

# Of 20, 40 and 80 the best on the tuning half, without the head.
VOTERS: Final = 80
# Every case is in English.
LANGUAGE: Final = "en"


@dataclass(frozen=True)
class Routes:
    """All routes over one task."""

    task: Participedia
    vectors: Embedded

    @cached_property
    def texts(self) -> dict[str, Scores]:
        """Route 1: a row a question, a column a method, by the methods' own texts."""
        return self._signals(list(self.task.methods.values()), self.vectors.methods)

    @cached_property
    def near(self) -> dict[str, Scores]:
        """A row a question, a column a case; nothing is near to itself."""
        return self._signals(list(self.task.cases.values()), self.vectors.cases)

    @cached_property
    def voted(self) -> dict[str, Scores]:
        """Route 2: a row a question, a column a method, by the votes of near cases."""
        return {signal: self._votes(self.near[signal]) for signal in SIGNALS}

    def _signals(self, texts: list[str], vectors: NDArray[np.float32]) -> dict[str, Scores]:
        encoder = Bm25Encoder()
        asked = [encoder.encode_query(text, LANGUAGE) for text in self.task.cases.values()]
        passages = [encoder.encode_passage(text, LANGUAGE) for text in texts]
        dense = (self.vectors.questions @ vectors.T).astype(np.float64)
        if len(texts) == len(self.task.cases):
            # The case that asks is in the collection too, and must take nobody's rank.
            np.fill_diagonal(dense, BELOW_ALL)
        found = signals(dense, asked, passages, [LANGUAGE] * len(texts))
        # What is not found is as far as the farthest that is, so that routes can be added up.
        farthest = np.where(found[FUSED] > NOT_FOUND, found[FUSED], np.inf).min(axis=1)
        found[FUSED] = np.maximum(found[FUSED], farthest[:, None])
        return found

    def _votes(self, near: Scores) -> Scores:
        cases, column = list(self.task.cases), _numbers(list(self.task.methods))
        found = np.zeros((len(cases), len(column)))
        for row, scores in enumerate(near):
            nearest = [int(i) for i in np.argsort(-scores, kind="stable")[:VOTERS]]
            voters = [
                Voter(cases[i], float(scores[i]), self.task.links.get(cases[i], frozenset()))
                for i in nearest
                if scores[i] > 0
            ]
            for method, vote in votes(voters).items():
                found[row, column[method]] = vote
        return found


def both(first: Scores, second: Scores, share: float) -> Scores:
    """The sum of two, each standardised per question; `share` is that of the second."""
    return (1 - share) * _standard(first) + share * _standard(second)


def _standard(scores: Scores) -> Scores:
    spread = scores.std(axis=1, keepdims=True)
    standard: Scores = (scores - scores.mean(axis=1, keepdims=True)) / np.where(
        spread > 0, spread, 1.0
    )
    return standard


def _numbers(keys: Sequence[str]) -> Mapping[str, int]:
    return {key: number for number, key in enumerate(keys)}
