"""The routes from a case's text to methods, each with each signal, as scores per method.

Scores are computed here on the same vectors, BM25 terms and fusion formula that the index uses,
because the index has no way to be asked with BM25 alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import SparseVector
from libs.vectors.rules import RRF_K, RRF_WEIGHTS
from quality.participedia import Embedded, Participedia
from services.recommend.ranking.methods import Voter, votes

Scores = NDArray[np.float64]
SIGNALS: Final = ("BM25", "dense", "fused", "summed")
# Only what has a rank this good votes or is fused: as many as the index is asked for.
CANDIDATES: Final = 100
# Of 20, 40 and 80 the best on the tuning half, without the head; so is the dense signal's share
# of the sum, of 0.3, 0.5 and 0.7.
VOTERS: Final = 80
DENSE_SHARE: Final = 0.5
# Every case is in English.
LANGUAGE: Final = "en"


def bm25_scores(asked: Sequence[SparseVector], texts: Sequence[SparseVector]) -> Scores:
    """Inner products with Qdrant's inverse document frequency, a row a question."""
    frequency: dict[int, int] = {}
    for text in texts:
        for term in text.indices:
            frequency[term] = frequency.get(term, 0) + 1
    n = len(texts)
    number = {term: column for column, term in enumerate(frequency)}
    matrix = np.zeros((n, len(number)), dtype=np.float32)
    for row, text in enumerate(texts):
        matrix[row, [number[term] for term in text.indices]] = text.values
    counts = np.array(list(frequency.values()))
    matrix *= np.log(1 + (n - counts + 0.5) / (counts + 0.5))
    found = np.zeros((len(asked), n))
    for row, question in enumerate(asked):
        columns = [number[term] for term in question.indices if term in number]
        found[row] = matrix[:, columns].sum(axis=1)
    return found


def fused(dense: Scores, sparse: Scores) -> Scores:
    """The index's reciprocal rank fusion of two score arrays of one shape (questions, texts)."""
    found = np.zeros_like(dense)
    for scores, weight in zip((dense, sparse), RRF_WEIGHTS, strict=True):
        ranks = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
        counts = (ranks < CANDIDATES) & (scores > 0 if scores is sparse else True)
        found += counts / (ranks / weight + RRF_K - 1)
    return found


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
        found = self._signals(list(self.task.cases.values()), self.vectors.cases)
        for scores in found.values():
            np.fill_diagonal(scores, 0.0)
        return found

    @cached_property
    def voted(self) -> dict[str, Scores]:
        """Route 2: a row a question, a column a method, by the votes of near cases."""
        return {signal: self._votes(self.near[signal]) for signal in SIGNALS}

    def _signals(self, texts: list[str], vectors: NDArray[np.float32]) -> dict[str, Scores]:
        encoder = Bm25Encoder()
        asked = [encoder.encode_query(text, LANGUAGE) for text in self.task.cases.values()]
        passages = [encoder.encode_passage(text, LANGUAGE) for text in texts]
        sparse = bm25_scores(asked, passages)
        dense = (self.vectors.questions @ vectors.T).astype(np.float64)
        if len(texts) == len(self.task.cases):
            # The case that asks is in the collection too. It must take nobody's rank.
            np.fill_diagonal(sparse, -1.0)
            np.fill_diagonal(dense, -1.0)
        return {
            "BM25": sparse,
            "dense": dense,
            "fused": fused(dense, sparse),
            "summed": np.maximum(both(sparse, dense, DENSE_SHARE), 0.0),
        }

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
