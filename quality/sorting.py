"""How well sorting tells what texts are about, on labelled texts that nothing was tuned on.

    make quality        (or .venv/bin/python -m quality.sorting --markdown docs/sorting.md)

Precision, recall and F1 on the test splits of `quality/sorting_data.py`, pooled over the labels of
a source. "Words" is the baseline that says yes where one of a label's own words stands in the text,
"majority" the one that always says what is commoner.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from libs.events.report import NormalisedReport
from libs.taxonomy.labels import Kind
from quality.demonstration import corpus
from quality.sorting_data import PASSAGE_TOKENS, demonstration_kinds, kinds, split
from quality.sorting_documents import Document, Reader, Subject
from quality.sorting_heads import documents_of, reader
from services.embed.passages import cut
from services.embed.sorting.cited import cited
from services.embed.sorting.heads import SUBJECTS, Heads, load_heads, logistic, of_report
from services.embed.sorting.sorter import Sorter

COMMAND: Final = ".venv/bin/python -m quality.sorting"
Answers = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """One classifier on one source; `n` labels were judged, of which `right` are true."""

    classifier: str
    data: str
    n: int
    right: int
    precision: float
    recall: float
    f1: float


def row(classifier: str, data: str, truth: Answers, answers: Answers) -> Row:
    """The figures of yes-or-no answers."""
    hits = int((truth & answers).sum())
    precision = hits / max(int(answers.sum()), 1)
    recall = hits / max(int(truth.sum()), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return Row(classifier, data, len(truth), int(truth.sum()), precision, recall, f1)


def subject_rows(
    kind: Kind, heads: Heads, read: Reader, reports: Sequence[NormalisedReport]
) -> Iterator[Row]:
    """A kind of subject on each source, beside the baselines."""
    head, subject = heads.subjects[kind], Subject.of(kind, read)
    documents = documents_of(subject, reports, lambda example: example.test)
    for source in sorted({document.source for document in documents}):
        own = [document for document in documents if document.source == source]
        test = [document for document in own if document.test]
        truth = _known(test, lambda document: document.truth > 0)
        chances = _known(
            test, lambda document: logistic(of_report(document.features @ head.weights + head.bias))
        )
        commoner = truth.mean() >= 1 / 2
        words = _known(test, lambda document: of_report(document.features[:, :, 3]) > 0)
        yield row(f"{kind} as served (from {head.threshold:.2f})", source, truth > 0, chances >= head.threshold)  # fmt: skip  # noqa: E501 - a row
        yield row(f"{kind}, likelier than not", source, truth > 0, chances >= 1 / 2)
        yield row(f"{kind}, words", source, truth > 0, words > 0)
        yield row(f"{kind}, majority", source, truth > 0, np.full(len(truth), commoner))


def _known(
    documents: Iterable[Document], values: Callable[[Document], NDArray[np.generic]]
) -> NDArray[np.float64]:
    found = [values(document)[document.known > 0] for document in documents]
    return np.concatenate(found).astype(np.float64)


def kind_rows(heads: Heads, read: Reader, reports: Sequence[NormalisedReport]) -> Iterator[Row]:
    """What a passage tells about: each passage has one kind, so all kinds are pooled."""
    examples = split([*kinds(read.embedder), *demonstration_kinds(reports, read.embedder)])
    head = heads.passage_kind
    for source in sorted({example.source for example in examples}):
        own = [example for example in examples if example.source == source]
        test = [example for example in own if example.test]
        trained = [example.value for example in own if not example.test]
        chances = head.probabilities(read.vectors([example.text for example in test]))
        truth = np.array([[example.value == kind for kind in head.ids] for example in test])
        best = chances == chances.max(axis=1, keepdims=True)
        told = best & (chances >= head.threshold)
        commonest = max(set(trained), key=trained.count)
        majority = np.tile([kind == commonest for kind in head.ids], (len(test), 1))
        for name, answers in (
            (f"kind as served (from {head.threshold:.2f})", told),
            ("kind, likeliest", best),
            ("kind, majority", majority),
        ):
            yield row(name, source, truth.ravel(), answers.ravel())


def cost(heads: Heads, read: Reader, reports: Sequence[NormalisedReport]) -> str:
    """What sorting adds to embedding, on the demonstration corpus."""
    sorter, passages, sorting, rules, embedding = Sorter(heads), 0, 0.0, 0.0, 0.0
    for report in reports:
        pieces = cut(report, read.embedder.count_tokens, PASSAGE_TOKENS)
        started = time.perf_counter()
        vectors = read.embedder.embed_passages([piece.embedded for piece in pieces])
        embedded = time.perf_counter()
        found = sorter.sort(pieces, vectors, [report.language] * len(pieces))
        ended = time.perf_counter()
        cited(report, pieces, found.labels)
        embedding, sorting = embedding + embedded - started, sorting + ended - embedded
        rules, passages = rules + time.perf_counter() - ended, passages + len(pieces)
    each = 1_000 / len(reports)
    return (
        f"Sorting takes {sorting * each:.1f} ms a report and its rules {rules * each:.1f} ms, "
        f"beside {embedding * each:.0f} ms of embedding ({len(reports)} reports, "
        f"{passages / len(reports):.0f} passages each)."
    )


def markdown(rows: Sequence[Row], spent: str) -> str:
    """The page that `docs/sorting.md` is."""
    lines = [
        "# How well reports are sorted",
        "",
        f"Written by `{COMMAND} --markdown docs/sorting.md`. The test splits of labelled texts,",
        "on which nothing was tuned: half of each label's texts, chosen by a digest.",
        "`demonstration` is synthetic (written by a language model, whole reports in ten",
        "languages); the others are real, each text with what an expert, an authority or an",
        "editor said of it. `n` is the number of labels judged, one for each text and label of",
        "which something is known. Only what is served reaches a reader, from a probability",
        "chosen for precision on the training split. Compared with it: what is likelier than",
        "not; `words`, yes where one of the label's own words stands in the text; `majority`,",
        "always what is commoner in the data. What a report is given is never all that it is",
        "about, so that a label which was not given may still be right.",
        "",
        "| classifier | data | n | true | precision | recall | F1 |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {each.classifier} | {each.data} | {each.n} | {each.right} | {each.precision:.2f} "
        f"| {each.recall:.2f} | {each.f1:.2f} |"
        for each in rows
    ]
    return "\n".join([*lines, "", spent, ""])


def show(rows: Iterable[Row]) -> None:
    """The rows as a table."""
    table = Table("classifier", "data", "n", "true", "precision", "recall", "F1", box=None)
    for each in rows:
        numbers = [f"{value:.3f}" for value in (each.precision, each.recall, each.f1)]
        table.add_row(each.classifier, each.data, str(each.n), str(each.right), *numbers)
    Console(width=120).print(table)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--json", type=Path, help="write the rows to this file too")
    arguments.add_argument("--markdown", type=Path, help="write the page to this file too")
    chosen = arguments.parse_args()
    read = reader()
    heads = load_heads(read.embedder.model)
    if heads is None:
        arguments.error("no heads for this model: run python -m quality.sorting_heads")
    reports = list(corpus(read.detector))
    rows = [each for kind in SUBJECTS for each in subject_rows(kind, heads, read, reports)]
    rows += kind_rows(heads, read, reports)
    spent = cost(heads, read, reports)
    show(rows)
    Console().print(spent)
    if chosen.markdown:
        chosen.markdown.write_text(markdown(rows, spent), encoding="utf-8")
    if chosen.json:
        found = [asdict(each) | {"command": COMMAND} for each in rows]
        chosen.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
