"""Makes `services/embed/sorting/heads.npz` on the training splits (`quality/sorting_data.py`).

    .venv/bin/python -m quality.sorting_heads

Goals learn from the expert snippets alone, themes and target groups from authorities' categories
and half of the demonstration corpus, kinds of passage from Participedia's headings and that half.
A threshold is the lowest probability at which, on every source, four labels of five were right in
five-fold cross-validation. The test splits are not looked at.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.events.report import NormalisedReport, SectionKind
from libs.language.detection import LanguageDetector
from libs.taxonomy.labels import Kind
from quality.demonstration import corpus
from quality.regression import fit_kinds, fit_subjects
from quality.sorting_data import Example, demonstration_kinds, kinds, sdgs, split, subjects
from quality.sorting_documents import Document, Numbers, Reader, Subject
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.sorting.heads import (
    HEADS_FILE,
    SUBJECTS,
    PassageKindHead,
    logistic,
    of_report,
)

FOLDS: Final = 5
PRECISION: Final = 0.8
# Fewer labels than this say nothing of the precision above a threshold.
FEWEST: Final = 10
# A report of the demonstration corpus counts as much as this many texts; of a source's texts
# that have, or have not, one label, no more than so many count.
REPORT_WEIGHT: Final = 3.0
MOST_OF_A_KIND: Final = 30.0
KINDS: Final = tuple(kind.value for kind in SectionKind)
# There are six passages of Participedia's for one of the corpus, which alone has ten languages.
CORPUS_WEIGHT: Final = 3.0


def reader() -> Reader:
    """The default embedder, corrected, as embed runs it."""
    detector = LanguageDetector()
    engine = OpenVinoEmbedder(prepare_model(Path("var/models")))
    correction = LanguageCorrection.load(engine.model)
    return Reader(CorrectedEmbedder(engine, correction, detector), detector)


def documents_of(
    subject: Subject, reports: Sequence[NormalisedReport], wanted: Callable[[Example], bool]
) -> list[Document]:
    """All labelled documents of a kind whose split is wanted."""
    examples = split(sdgs() if subject.kind == "sdgs" else subjects())
    chosen = [each for each in examples if each.kind == subject.kind and wanted(each)]
    return subject.documents(chosen) + subject.reports(reports)


def main() -> None:
    """Write the file."""
    read = reader()
    reports = list(corpus(read.detector))
    found: dict[str, Any] = {"model": read.embedder.model}
    for kind in SUBJECTS:
        subject = Subject.of(kind, read)
        documents = documents_of(subject, reports, lambda example: not example.test)
        found |= _subject_arrays(kind, subject, [each for each in documents if not each.test])
    found |= _kind_arrays(read, reports)
    np.savez(HEADS_FILE, **found)


def _subject_arrays(kind: Kind, subject: Subject, documents: list[Document]) -> dict[str, Any]:
    # A goal given to a whole report says too little of its passages to learn from.
    learnt = [each for each in documents if kind != "sdgs" or each.source != "demonstration"]
    weights, bias = fit(learnt)
    judged: list[tuple[str, float, bool]] = []
    for fold in range(FOLDS):
        part = fit([each for each in learnt if _fold(each.group) != fold])
        judged += [
            (document.source, chance, right)
            for document in documents
            if _fold(document.group) == fold
            for chance, right in judgements(document, *part)
        ]
    threshold = _threshold(kind, judged)
    return {
        f"{kind}_ids": list(subject.labels),
        f"{kind}_anchors": subject.anchors.astype(np.float16),
        f"{kind}_weights": weights.astype(np.float32),
        f"{kind}_bias": bias.astype(np.float32),
        f"{kind}_threshold": threshold,
    }


def fit(documents: Sequence[Document]) -> tuple[Numbers, Numbers]:
    """Weights and biases; every passage of a document has the document's labels."""
    many = Counter(_stratum(each) for each in documents)
    features, truth, weight = [], [], []
    for each in documents:
        passages = len(each.features)
        if each.source == "demonstration":
            share = REPORT_WEIGHT / passages
        else:
            share = min(1.0, MOST_OF_A_KIND / many[_stratum(each)])
        features.append(each.features)
        truth.append(np.tile(each.truth, (passages, 1)))
        weight.append(np.tile(each.known * share, (passages, 1)))
    return fit_subjects(np.concatenate(features), np.concatenate(truth), np.concatenate(weight))


def judgements(document: Document, weights: Numbers, bias: Numbers) -> list[tuple[float, bool]]:
    """For each label that something is known of: its probability, and whether it is right."""
    chances = logistic(of_report(document.features @ weights + bias))
    known = document.known > 0
    return list(zip(chances[known].tolist(), (document.truth[known] > 0).tolist(), strict=True))


def _stratum(document: Document) -> tuple[str, bytes, bytes]:
    return document.source, document.known.tobytes(), document.truth.tobytes()


def _fold(group: str) -> int:
    return zlib.crc32(group.encode()) % FOLDS


def _threshold(name: str, judged: Sequence[tuple[str, float, bool]]) -> float:
    """The lowest probability from which on the precision is reached on each of the sources."""
    found: list[float] = []
    for source in sorted({source for source, _, _ in judged}):
        own = sorted(
            ((chance, right) for each, chance, right in judged if each == source), reverse=True
        )
        right = np.cumsum([right for _, right in own])
        precise = right / np.arange(1, len(own) + 1) >= PRECISION
        enough = np.flatnonzero(precise[FEWEST - 1 :]) + FEWEST - 1
        lowest = own[enough[-1]][0] if enough.size else None
        recall = right[enough[-1]] / right[-1] if enough.size else 0
        shown = "never" if lowest is None else f"{lowest:.2f}, recall {recall:.2f}"
        print(f"{name} on {source}: {len(own)} labels, {right[-1]} right; {shown}")  # noqa: T201 - a script's output
        if lowest is not None:
            found.append(lowest)
    return max(found)


def _kind_arrays(read: Reader, reports: Sequence[NormalisedReport]) -> dict[str, Any]:
    examples = split([*kinds(read.embedder), *demonstration_kinds(reports, read.embedder)])
    training = [each for each in examples if not each.test]
    vectors = read.vectors([each.text for each in training]).astype(np.float64)
    truth = np.array([KINDS.index(each.value) for each in training])
    weight = np.array(
        [CORPUS_WEIGHT if each.source == "demonstration" else 1.0 for each in training]
    )
    folds = np.array([_fold(each.group) for each in training])
    judged: list[tuple[str, float, bool]] = []
    for fold in range(FOLDS):
        some = folds != fold
        head = _kind_head(vectors[some], truth[some], weight[some])
        chances = head.probabilities(vectors[~some].astype(np.float32))
        sources = [each.source for each, out in zip(training, ~some, strict=True) if out]
        right = chances.argmax(axis=1) == truth[~some]
        judged += zip(sources, chances.max(axis=1).tolist(), right.tolist(), strict=True)
    head = _kind_head(vectors, truth, weight)
    return {
        "kind_ids": list(KINDS),
        "kind_weights": head.weights.astype(np.float32),
        "kind_bias": head.bias.astype(np.float32),
        "kind_threshold": _threshold("kind", judged),
    }


def _kind_head(vectors: Numbers, truth: NDArray[np.int_], weight: Numbers) -> PassageKindHead:
    weights, bias = fit_kinds(vectors, truth, weight, len(KINDS))
    return PassageKindHead(KINDS, weights, bias, threshold=1)


if __name__ == "__main__":
    main()
