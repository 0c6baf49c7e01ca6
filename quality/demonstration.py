"""How well questions find the demonstration corpus, per language and per route.

    make quality        (or .venv/bin/python -m quality.demonstration --json PATH)

120 questions, one for each of 12 themes in each of ten languages (`data/demo/questions.json`),
against the 73 reports. A report is relevant when it carries the question's theme. The questions
are synthetic: written by a language model that had not seen the corpus. The fusion's constants in
`libs/vectors/fusion.py` were chosen on half of them among others: they promise nothing.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from libs.events.report import (
    NormalisedReport,
    ReportContent,
    ReportMetadata,
    ReportSubmission,
)
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec, PassageHit, PassageIndex, SparseVector, Vector
from navigator.demo import DEMO_FOLDER, document_of, sources
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Embedder
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.passage_languages import PassageLanguage
from services.embed.passages import cut
from services.embed.points import points
from services.ingest.normalisation import normalise_documents, normalise_submission
from services.ingest.parsing.detection import sniff
from services.ingest.parsing.parser import parse
from services.recommend.cards import group
from services.recommend.question import sparse_question

PASSAGE_TOKENS: Final = 160
CANDIDATES: Final = 100
NOTHING: Final = SparseVector((), ())
Row = dict[str, Any]
Find = Callable[[str], list[PassageHit]]


def corpus(detector: LanguageDetector) -> Iterator[NormalisedReport]:
    """The demonstration corpus, read as ingest reads it."""
    for source in sources(DEMO_FOLDER):
        if isinstance(source, dict):
            yield normalise_submission(ReportSubmission.model_validate(source), detector)
            continue
        path = document_of(source)
        document = path.read_bytes()
        parsed = parse(document, sniff(document, None, path.name))
        metadata = ReportMetadata.model_validate_json(source.read_bytes())
        yield normalise_documents(metadata, [(path.name, parsed)], detector)


@contextmanager
def indexed(
    reports: Sequence[NormalisedReport], embedder: Embedder, bm25: Bm25Encoder
) -> Iterator[PassageIndex]:
    """The reports in an index of their own; a report's id is its number."""
    spec = CollectionSpec(embedder.model, embedder.dimension)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(EdgePassageIndex.open(Path(folder) / "index", spec)) as index,
    ):
        for number, report in enumerate(reports):
            content = ReportContent(
                report_id=str(number), version=1, partner="quality", report=report
            )
            passages = cut(report, embedder.count_tokens, PASSAGE_TOKENS)
            vectors = embedder.embed_passages([passage.embedded for passage in passages])
            languages = [PassageLanguage(report.language)] * len(passages)
            index.upsert(points(content, passages, vectors, languages, bm25, digest=""))
            index.publish(content.report_id, content.version)
        yield index


def measure(name: str, find: Find, reports: Sequence[NormalisedReport], asked: list[Row]) -> Row:
    """Precision of the first five reports, reciprocal rank, and the share in one's own language."""
    precision, reciprocal, own = [], [], []
    for question in asked:
        found = [reports[int(each.report_id)] for each in group(find(question["question"]))]
        relevant = [question["theme"] in report.themes for report in found]
        precision.append(sum(relevant[:5]) / 5)
        reciprocal.append(next((1 / rank for rank, hit in enumerate(relevant, 1) if hit), 0.0))
        own += [report.language == question["language"] for report in found[:5]]
    return {
        "name": name,
        "P@5": float(np.mean(precision)),
        "MRR": float(np.mean(reciprocal)),
        "own language": float(np.mean(own)) if own else 0.0,
        "n": len(asked),
    }


def finders(
    index: PassageIndex, embedder: Embedder, bm25: Bm25Encoder, detector: LanguageDetector
) -> dict[str, Find]:
    """The dense route alone, and the hybrid one as it is served."""

    def dense(question: str) -> Vector:
        vector: Vector = embedder.embed_queries([question])[0]
        return vector

    def hybrid(question: str) -> list[PassageHit]:
        terms = sparse_question(bm25, detector, question, None)
        return index.query(dense(question), terms, where=None, limit=CANDIDATES)

    return {
        "dense": lambda question: index.query(
            dense(question), NOTHING, where=None, limit=CANDIDATES
        ),
        "hybrid": hybrid,
    }


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--json", type=Path, help="write the rows to this file too")
    chosen = arguments.parse_args()
    asked: list[Row] = json.loads((DEMO_FOLDER / "questions.json").read_bytes())
    bm25, detector = Bm25Encoder(), LanguageDetector()
    reports = list(corpus(detector))
    raw = OpenVinoEmbedder(prepare_model(Path("var/models")))
    corrected = CorrectedEmbedder(raw, LanguageCorrection.load(raw.model), detector)
    rows: list[Row] = []
    for label, embedder in (("uncorrected", raw), ("corrected", corrected)):
        with indexed(reports, embedder, bm25) as index:
            for route, find in finders(index, embedder, bm25, detector).items():
                rows.append(measure(f"{route}, {label}", find, reports, asked))
            if embedder is corrected:
                rows += list(_by_language(find, reports, asked))
    show(rows)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def _by_language(
    find: Find, reports: Sequence[NormalisedReport], asked: list[Row]
) -> Iterator[Row]:
    for language in sorted({question["language"] for question in asked}):
        some = [question for question in asked if question["language"] == language]
        yield measure(f"  of which {language}", find, reports, some)


def show(rows: Iterable[Row]) -> None:
    """The rows as a table."""
    table = Table("route", "P@5", "MRR", "own language", "questions", box=None)
    for row in rows:
        numbers = [f"{row[name]:.3f}" for name in ("P@5", "MRR", "own language")]
        table.add_row(row["name"], *numbers, str(row["n"]))
    Console().print(table)


if __name__ == "__main__":
    main()
