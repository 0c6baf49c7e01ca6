"""Makes `services/recommend/closeness.npz` on the training half (`quality/abstention_data.py`).

    .venv/bin/python -m quality.closeness

The floor is where one of twenty on-topic questions was refused in ten-fold cross-validation. The
other half is not looked at.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.events.report import NormalisedReport
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassageHit, PassageIndex, Vector
from quality.abstention_data import WEIGHTS, Example, Source, examples, fold
from quality.demonstration import CANDIDATES, corpus, indexed
from quality.regression import fit_subjects
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Embedder
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.recommend.closeness import CLOSENESS_FILE, Closeness, nearness
from services.recommend.question import sparse_question

FOLDS: Final = 10
RIDGE: Final = 0.03
MOST_REFUSED: Final = 0.05

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks as recommend does, of the demonstration corpus."""

    embedder: Embedder
    index: PassageIndex
    reports: Sequence[NormalisedReport]
    bm25: Bm25Encoder
    detector: LanguageDetector

    def vector(self, text: str) -> Vector:
        """The question's vector, shape (dimension,)."""
        found: Vector = self.embedder.embed_queries([text])[0]
        return found

    def hits(self, text: str, vector: Vector, limit: int = CANDIDATES) -> list[PassageHit]:
        """What is found for it."""
        sparse = sparse_question(self.bm25, self.detector, text, None)
        return self.index.query(vector, sparse, where=None, limit=limit)


@contextmanager
def asker() -> Iterator[Asker]:
    """The default model and the demonstration corpus in an index of its own."""
    detector, bm25 = LanguageDetector(), Bm25Encoder()
    engine = OpenVinoEmbedder(prepare_model(Path("var/models")))
    embedder = CorrectedEmbedder(engine, LanguageCorrection.load(engine.model), detector)
    reports = list(corpus(detector))
    with closing(embedder), indexed(reports, embedder, bm25) as index:
        yield Asker(embedder, index, reports, bm25, detector)


def main() -> None:
    """Write the file."""
    training = [example for example in examples() if not example.test]
    with asker() as ask:
        model = ask.embedder.model
        seen = np.array([_seen(ask, example.text) for example in training])
    found = fitted(training, seen)
    np.savez(
        CLOSENESS_FILE,
        model=model,
        weights=found.weights,
        nearness_weight=found.nearness_weight,
        bias=found.bias,
        floor=found.floor,
    )


def fitted(training: Sequence[Example], seen: Numbers) -> Closeness:
    """The numbers. `seen` has shape (examples, dimension + 1), the last column the nearness."""
    chance = np.zeros(len(training))
    part = np.array([fold(each.group, FOLDS) for each in training])
    for number in range(FOLDS):
        held_out = part == number
        chance[held_out] = _chance(*_fit(training, seen, ~held_out), seen[held_out])
    asked = np.array([each.source is Source.ASKED for each in training])
    weights, bias = _fit(training, seen, np.ones(len(training), dtype=bool))
    return Closeness(
        weights=weights[:-1].astype(np.float32),
        nearness_weight=float(weights[-1]),
        bias=bias,
        floor=float(np.quantile(chance[asked], MOST_REFUSED)),
    )


def _fit(
    training: Sequence[Example], seen: Numbers, rows: NDArray[np.bool_]
) -> tuple[Numbers, float]:
    truth = np.array([each.belongs for each in training])
    weight = np.zeros(len(training))
    for source, share in WEIGHTS.items():
        mine = np.array([each.source is source for each in training]) & rows
        weight[mine] = share / mine.sum()
    # What belongs counts as much as what does not.
    for side in (truth, ~truth):
        weight[side] /= 2 * weight[side].sum()
    features = seen[rows][:, None, :]
    weights, bias = fit_subjects(
        features, truth[rows][:, None].astype(float), weight[rows][:, None], ridge=RIDGE
    )
    return weights, float(bias[0])


def _chance(weights: Numbers, bias: float, seen: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-(seen @ weights + bias)))
    return found


def _seen(ask: Asker, text: str) -> Numbers:
    vector = ask.vector(text)
    return np.append(vector.astype(np.float64), nearness(ask.hits(text, vector)))


if __name__ == "__main__":
    main()
