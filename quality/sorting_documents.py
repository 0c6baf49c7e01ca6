"""Labelled texts as the sorter sees them: vectors, features, what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from libs.events.report import NormalisedReport
from libs.language.detection import LanguageDetector
from libs.taxonomy.descriptions import description
from libs.taxonomy.labels import Kind, ids
from quality.sorting_data import PASSAGE_TOKENS, Example, split
from services.embed.embedder import Embedder, Vectors
from services.embed.passages import cut
from services.embed.sorting.cues import CueCounter
from services.embed.sorting.heads import subject_features

Numbers = NDArray[np.float64]
LANGUAGE_SURE = 0.5
BATCH = 64


@dataclass(frozen=True, slots=True)
class Document:
    """A report, or a text of one passage.

    `features` has shape (passages, labels, FEATURES); `truth` and `known` (labels,).
    """

    source: str
    group: str
    test: bool
    features: Numbers
    truth: Numbers
    known: Numbers


@dataclass(frozen=True, slots=True)
class Reader:
    """Embeds texts as embed does, each of them once."""

    embedder: Embedder
    detector: LanguageDetector
    known: dict[str, Vectors] = field(default_factory=dict)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension)."""
        new = sorted({text for text in texts if text not in self.known}, key=len)
        for start in range(0, len(new), BATCH):
            some = new[start : start + BATCH]
            self.known.update(zip(some, self.embedder.embed_passages(some), strict=True))
        return np.array([self.known[text] for text in texts])

    def languages(self, texts: Sequence[str]) -> list[str | None]:
        """As embed tells them."""
        return [self.detector.likeliest(text, at_least=LANGUAGE_SURE) for text in texts]


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of subject with its labels' descriptions as vectors."""

    kind: Kind
    reader: Reader
    labels: tuple[str, ...]
    anchors: Vectors
    counter: CueCounter

    @classmethod
    def of(cls, kind: Kind, reader: Reader) -> "Subject":
        """Descriptions are embedded as questions: on the training split that is better (ADR 23)."""
        labels = ids(kind)
        anchors = reader.embedder.embed_queries([description(kind, each) for each in labels])
        return cls(kind, reader, labels, anchors, CueCounter(kind, labels))

    def features(self, texts: Sequence[str]) -> Numbers:
        """Shape (texts, labels, FEATURES)."""
        similar = (self.reader.vectors(texts) @ self.anchors.T).astype(np.float64)
        return subject_features(similar, self.counter.count(texts, self.reader.languages(texts)))

    def documents(self, examples: Sequence[Example]) -> list[Document]:
        """One document for each example; only the label it is about is known of it."""
        features = self.features([example.text for example in examples])
        found = []
        for example, each in zip(examples, features, strict=True):
            known = np.array([float(label == example.value) for label in self.labels])
            found.append(
                Document(
                    source=example.source,
                    group=example.group,
                    test=example.test,
                    features=each[None],
                    truth=known * example.positive,
                    known=known,
                )
            )
        return found

    def reports(self, reports: Sequence[NormalisedReport]) -> list[Document]:
        """The demonstration corpus: each report's own labels are all that it has."""
        groups = split(
            Example("", self.kind, "", positive=True, source="demonstration", group=report.title)
            for report in reports
        )
        test = {example.group for example in groups if example.test}
        found = []
        for report in reports:
            passages = cut(report, self.reader.embedder.count_tokens, PASSAGE_TOKENS)
            given = {str(each) for each in getattr(report, self.kind)}
            found.append(
                Document(
                    source="demonstration",
                    group=report.title,
                    test=report.title in test,
                    features=self.features([passage.embedded for passage in passages]),
                    truth=np.array([float(label in given) for label in self.labels]),
                    known=np.ones(len(self.labels)),
                )
            )
        return found
