"""Questions against texts by each signal alone and by both, as arrays: a row a question.

Computed on the same vectors, BM25 terms and formula that the index uses, because the index has no
way to be asked with BM25 alone.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.vectors.fusion import fused_scores
from libs.vectors.port import SparseVector
from libs.vectors.rules import candidates

Scores = NDArray[np.float64]
DENSE, BM25, FUSED = "dense", "BM25", "fused"
SIGNALS: Final = (BM25, DENSE, FUSED)
# What is not among a route's candidates: below all that is.
NOT_FOUND: Final = -1.0
# A dense score of what must not be found at all.
BELOW_ALL: Final = -2.0
CANDIDATES: Final = candidates(1)


def signals(
    dense: Scores,
    asked: Sequence[SparseVector],
    texts: Sequence[SparseVector],
    languages: Sequence[str | None],
) -> dict[str, Scores]:
    """All three. `dense` has the shape (questions, texts); `languages` are those of the texts.

    What is `BELOW_ALL` in `dense` is found by no signal.
    """
    sparse = np.where(dense > BELOW_ALL, bm25_scores(asked, texts), NOT_FOUND)
    return {BM25: sparse, DENSE: dense, FUSED: fused(dense, sparse, asked, languages)}


def fused(
    dense: Scores,
    sparse: Scores,
    asked: Sequence[SparseVector],
    languages: Sequence[str | None],
) -> Scores:
    """The index's fusion of two arrays of one shape; `NOT_FOUND` where neither route looks."""
    spoken = np.array([language or "" for language in languages])
    found = np.full_like(dense, NOT_FOUND)
    for row, question in enumerate(asked):
        words = np.zeros_like(sparse[row])
        best = _best(sparse[row])
        words[best] = np.maximum(sparse[row, best], 0.0)
        there = words > 0
        there[_best(dense[row])] = True
        there &= dense[row] > NOT_FOUND
        # Where nothing is told of the question's language, all can have its words.
        own = np.isin(spoken, question.languages) | (not question.languages)
        found[row, there] = fused_scores(
            dense[row, there], words[there], own[there], len(question.indices)
        )
    return found


def _best(scores: Scores) -> NDArray[np.intp]:
    return np.argsort(-scores, kind="stable")[:CANDIDATES]


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


def ranked(scores: Scores, texts: Sequence[str]) -> dict[str, float]:
    """One question's answers: each report once, by the best of its texts that were found.

    `texts` name the report that each text is of.
    """
    found: dict[str, float] = {}
    for report, score in zip(texts, scores, strict=True):
        if score > NOT_FOUND:
            found[report] = max(float(score), found.get(report, NOT_FOUND))
    return found


def runs(
    by_signal: Mapping[str, Scores], questions: Sequence[str], texts: Sequence[str]
) -> dict[str, dict[str, dict[str, float]]]:
    """Each signal's answers by question; BM25 has none where no word is the same."""
    return {
        name: {
            question: ranked(np.where(row > 0, row, NOT_FOUND) if name == BM25 else row, texts)
            for question, row in zip(questions, scores, strict=True)
        }
        for name, scores in by_signal.items()
    }
