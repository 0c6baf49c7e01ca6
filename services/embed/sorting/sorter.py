"""Sorts a report's passages with vectors that are there already; what is uncertain has no label."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.events.labels import MAX_SUPPORT, Label, LabelKind
from libs.events.report import SectionKind
from libs.taxonomy.labels import Kind
from services.embed.embedder import Vectors
from services.embed.passages import Passage
from services.embed.sorting.heads import Heads, Numbers, logistic, of_report

LABEL_KINDS: Final[Mapping[Kind, LabelKind]] = {
    "sdgs": LabelKind.SDG,
    "themes": LabelKind.THEME,
    "target_groups": LabelKind.TARGET_GROUP,
}
# Passages with fewer letters say too little: a lone number, a page's footer, emoji.
_FEWEST_LETTERS: Final = 40
# A passage supports a label when its own odds are at least a fifth of the report's.
_SUPPORT: Final = math.log(5)


@dataclass(frozen=True, slots=True)
class PassageKind:
    """What a passage tells about."""

    kind: SectionKind
    confidence: float


@dataclass(frozen=True, slots=True)
class Sorted:
    """A report's labels, and the kind of each passage where it is certain."""

    labels: tuple[Label, ...]
    kinds: tuple[PassageKind | None, ...]


@dataclass(frozen=True, slots=True)
class Sorter:
    """The heads of one model; without any, all stays unlabelled."""

    heads: Heads | None

    @property
    def name(self) -> str:
        """Tells what sorted by other heads from what these would say."""
        return self.heads.name if self.heads else "unsorted"

    def sort(
        self, passages: Sequence[Passage], vectors: Vectors, languages: Sequence[str | None]
    ) -> Sorted:
        """Labels of passages in order; `vectors` has shape (len(passages), dimension)."""
        told = np.array([_tells(passage.text) for passage in passages], dtype=bool)
        kinds: list[PassageKind | None] = [None] * len(passages)
        if self.heads is None or not told.any():
            return Sorted((), tuple(kinds))
        numbers = np.flatnonzero(told).tolist()
        texts = [passages[number].embedded for number in numbers]
        known = [languages[number] for number in numbers]
        ordinals = [passages[number].ordinal for number in numbers]
        labels: list[Label] = []
        for kind, head in self.heads.subjects.items():
            logits = head.logits(vectors[told], texts, known)
            labels += _subjects(LABEL_KINDS[kind], head.ids, logits, head.threshold, ordinals)
        for number, found in zip(numbers, self._kinds(vectors[told]), strict=True):
            kinds[number] = found
        labels += _passage_kinds([kinds[number] for number in numbers], ordinals)
        return Sorted(tuple(labels), tuple(kinds))

    def _kinds(self, vectors: Vectors) -> list[PassageKind | None]:
        if self.heads is None:
            return [None] * len(vectors)
        head = self.heads.passage_kind
        found: list[PassageKind | None] = []
        for row in head.probabilities(vectors):
            best = int(row.argmax())
            kind = SectionKind(head.ids[best])
            sure = row[best] >= head.threshold and kind is not SectionKind.OTHER
            found.append(PassageKind(kind, _rounded(row[best])) if sure else None)
        return found


def _tells(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _FEWEST_LETTERS


def _subjects(
    kind: LabelKind,
    names: Sequence[str],
    logits: Numbers,
    threshold: float,
    ordinals: Sequence[int],
) -> list[Label]:
    """Labels over the threshold, surest first."""
    overall = of_report(logits)
    chances = logistic(overall)
    return [
        Label(
            kind=kind,
            value=names[label],
            confidence=_rounded(chances[label]),
            passages=_best(logits[:, label], float(overall[label]) - _SUPPORT, ordinals),
        )
        for label in np.argsort(-chances)
        if chances[label] >= threshold
    ]


def _passage_kinds(found: Sequence[PassageKind | None], ordinals: Sequence[int]) -> list[Label]:
    labels = []
    for kind in SectionKind:
        sure = np.array([each.confidence if each and each.kind is kind else 0.0 for each in found])
        if sure.any():
            labels.append(
                Label(
                    kind=LabelKind.PASSAGE_KIND,
                    value=kind.value,
                    confidence=_rounded(sure.max()),
                    passages=_best(sure, 1e-9, ordinals),
                )
            )
    return labels


def _best(scores: NDArray[np.float64], at_least: float, ordinals: Sequence[int]) -> tuple[int, ...]:
    """Ordinals of the best passages, in reading order."""
    best = [number for number in np.argsort(-scores)[:MAX_SUPPORT] if scores[number] >= at_least]
    return tuple(sorted(ordinals[number] for number in best))


def _rounded(chance: float) -> float:
    return round(float(chance), 3)
