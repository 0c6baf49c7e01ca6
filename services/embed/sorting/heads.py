"""The light heads on top of the passages' vectors: what they see, and how sure they are.

Subjects (goals, themes, target groups) have one logistic regression per kind with five weights
that all labels share, and a bias for each label. It sees how near a passage is to the label's
description, and how many of its words point there: so few numbers hold for any language and cannot
learn a source's style by heart. What a passage tells about (its kind) is no subject, so there each
kind has a weight for every dimension. The numbers are data beside this file, made by
`quality/sorting_heads.py` for one model.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.taxonomy.labels import Kind
from services.embed.embedder import Vectors
from services.embed.sorting.cues import CueCounter

HEADS_FILE: Final = Path(__file__).with_name("heads.npz")
SUBJECTS: Final[tuple[Kind, ...]] = ("sdgs", "themes", "target_groups")
FEATURES: Final = 5

Numbers = NDArray[np.float64]


def logistic(logits: Numbers) -> Numbers:
    """Probabilities of logits."""
    found: Numbers = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return found


def subject_features(similarities: Numbers, counts: Numbers) -> Numbers:
    """What a head sees of passages, shape (passages, labels, FEATURES).

    `similarities` to the labels' descriptions and `counts` of cues have shape (passages, labels).
    """
    ordered = np.sort(similarities, axis=1)
    best, second = ordered[:, -1:], ordered[:, -2:-1]
    rival = np.where(similarities == best, second, best)
    spread = similarities.std(axis=1, keepdims=True) + 1e-6
    cues = np.log1p(counts)
    return np.stack(
        [
            similarities,
            similarities - rival,
            (similarities - similarities.mean(axis=1, keepdims=True)) / spread,
            cues,
            cues / (cues.sum(axis=1, keepdims=True) + 0.5),
        ],
        axis=2,
    )


@dataclass(frozen=True, slots=True)
class SubjectHead:
    """`anchors` (labels, dimension) are the descriptions' vectors; `threshold` is a probability."""

    ids: tuple[str, ...]
    anchors: Vectors
    weights: Numbers
    bias: Numbers
    threshold: float
    counter: CueCounter

    def logits(
        self, vectors: Vectors, texts: Sequence[str], languages: Sequence[str | None]
    ) -> Numbers:
        """Shape (passages, labels)."""
        counts = self.counter.count(texts, languages)
        features = subject_features((vectors @ self.anchors.T).astype(np.float64), counts)
        found: Numbers = features @ self.weights + self.bias
        return found


@dataclass(frozen=True, slots=True)
class PassageKindHead:
    """`weights` have shape (kinds, dimension); `threshold` is a probability."""

    ids: tuple[str, ...]
    weights: Numbers
    bias: Numbers
    threshold: float

    def probabilities(self, vectors: Vectors) -> Numbers:
        """Shape (passages, kinds); each row adds up to 1."""
        logits = vectors @ self.weights.T + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        found: Numbers = powers / powers.sum(axis=1, keepdims=True)
        return found


@dataclass(frozen=True, slots=True)
class Heads:
    """All heads of one model. `name` tells one making of them from another."""

    name: str
    subjects: Mapping[Kind, SubjectHead]
    passage_kind: PassageKindHead


def of_report(logits: Numbers) -> Numbers:
    """A report's logit per label: the mean of its best quarter of passages, of two at least.

    A label that fits one passage among many is a digression; one that is nowhere but in a quarter
    of them is still a subject of the report.
    """
    count = min(len(logits), max(2, len(logits) // 4))
    found: Numbers = np.sort(logits, axis=0)[-count:].mean(axis=0)
    return found


def load_heads(model: str, path: Path = HEADS_FILE) -> Heads | None:
    """The heads that were made with this model, or None where there are none for it."""
    with np.load(path, allow_pickle=False) as stored:
        if str(stored["model"]) != model:
            return None
        return Heads(
            name=hashlib.sha256(path.read_bytes()).hexdigest()[:8],
            subjects={kind: _subject_head(kind, stored) for kind in SUBJECTS},
            passage_kind=PassageKindHead(
                ids=tuple(map(str, stored["kind_ids"])),
                weights=stored["kind_weights"].astype(np.float64),
                bias=stored["kind_bias"].astype(np.float64),
                threshold=float(stored["kind_threshold"]),
            ),
        )


def _subject_head(kind: Kind, stored: Mapping[str, Any]) -> SubjectHead:
    names = tuple(map(str, stored[f"{kind}_ids"]))
    return SubjectHead(
        ids=names,
        anchors=stored[f"{kind}_anchors"].astype(np.float32),
        weights=stored[f"{kind}_weights"].astype(np.float64),
        bias=stored[f"{kind}_bias"].astype(np.float64),
        threshold=float(stored[f"{kind}_threshold"]),
        counter=CueCounter(kind, names),
    )
