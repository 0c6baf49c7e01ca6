"""The cure for the model's language bias: each language's mean vector is subtracted.

In a pool of mixed languages e5-small puts passages of the asker's own language before better ones
in another. Subtracting each language's mean, estimated once on neutral text, and normalising again
takes the language out of the vector and leaves what is said. The means are data beside this file,
made by `quality/language_means.py`, and belong to one model.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from libs.errors import InvalidInput
from libs.language.detection import LanguageDetector
from services.embed.embedder import Embedder, Vectors
from services.embed.wrapped_embedder import WrappedEmbedder

MEANS_FILE: Final = Path(__file__).with_name("language_means.npz")
# Those of releases before, by name: collections are read with the means they were made with.
EARLIER_MEANS: Final = Path(__file__).with_name("earlier_means")

Weights = Mapping[str, float]
"""Languages of a text with their probabilities; they need not add up to 1."""


@dataclass(frozen=True, slots=True)
class LanguageCorrection:
    """`queries` and `passages`: each language's mean, shape (dimension,). Empty: no correction."""

    name: str
    queries: Mapping[str, Vectors]
    passages: Mapping[str, Vectors]

    @classmethod
    def load(cls, model: str, path: Path = MEANS_FILE) -> "LanguageCorrection":
        """The means that were made with this model, or none where there are none for it."""
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["model"]) != model:
                return cls.nothing()
            languages = [str(language) for language in stored["languages"]]
            return cls(
                name=means_name(path),
                queries=dict(zip(languages, stored["queries"], strict=True)),
                passages=dict(zip(languages, stored["passages"], strict=True)),
            )

    @classmethod
    def nothing(cls) -> "LanguageCorrection":
        """No correction."""
        return cls("uncorrected", {}, {})

    @classmethod
    def of(cls, model: str, wanted: str) -> "LanguageCorrection":
        """The correction that the settings mean: none, means, or those of an earlier release.

        Raises InvalidInput for earlier ones that are not here.
        """
        if wanted == "none":
            return cls.nothing()
        if wanted in {"means", means_name(MEANS_FILE)}:
            return cls.load(model)
        if wanted not in earlier_means():
            raise InvalidInput(
                f"This release does not have the language means {wanted}. Set "
                "NAVIGATOR_EMBED_CORRECTION=means, or use the release that has them."
            )
        return cls.load(model, EARLIER_MEANS / f"{wanted}.npz")

    def correct_queries(self, vectors: Vectors, weights: Sequence[Weights]) -> Vectors:
        """Questions' vectors, shape (n, dimension), with the languages of each."""
        return _corrected(vectors, weights, self.queries)

    def correct_passages(self, vectors: Vectors, weights: Sequence[Weights]) -> Vectors:
        """Passages' vectors, shape (n, dimension), with the languages of each."""
        return _corrected(vectors, weights, self.passages)


class CorrectedEmbedder(WrappedEmbedder):
    """An Embedder whose vectors have their text's language taken out."""

    def __init__(
        self, embedder: Embedder, correction: LanguageCorrection, detector: LanguageDetector
    ) -> None:
        super().__init__(embedder)
        self._correction = correction
        self._detector = detector

    @property
    def model(self) -> str:
        """The model with its correction: other means make another vector space."""
        return f"{self._embedder.model}+{self._correction.name}"

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        vectors = self._embedder.embed_queries(texts)
        return self._correction.correct_queries(vectors, self._languages(texts))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        vectors = self._embedder.embed_passages(texts)
        return self._correction.correct_passages(vectors, self._languages(texts))

    def _languages(self, texts: Sequence[str]) -> list[Weights]:
        return [self._detector.probabilities(text) for text in texts]


def means_name(path: Path) -> str:
    """What means are called: by what is in the file."""
    return f"means-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


def earlier_means(folder: Path = EARLIER_MEANS) -> frozenset[str]:
    """The names of the means that earlier releases had as theirs, and this one has not."""
    return frozenset(path.stem for path in folder.glob("means-*.npz")) - {means_name(MEANS_FILE)}


def _corrected(
    vectors: Vectors, weights: Sequence[Weights], means: Mapping[str, Vectors]
) -> Vectors:
    if not means:
        return vectors
    shifts = np.array([_mean(each, means) for each in weights], dtype=np.float32)
    shifted = vectors - shifts.reshape(vectors.shape)
    unit: Vectors = shifted / np.linalg.norm(shifted, axis=1, keepdims=True)
    return unit


def _mean(weights: Weights, means: Mapping[str, Vectors]) -> Vectors:
    known = {language: weights[language] for language in means if weights.get(language, 0) > 0}
    if not known:
        # A language that there is no mean for is still nearer to all of them than to none.
        known = dict.fromkeys(means, 1.0)
    total = sum(known.values())
    blended: Vectors = sum(
        (means[language] * np.float32(weight / total) for language, weight in known.items()),
        np.zeros_like(next(iter(means.values()))),
    )
    return blended
