"""The ranking on the demonstration corpus: projects for 120 questions in ten languages."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from libs.events.report import NormalisedReport
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassageHit
from navigator.demo import DEMO_FOLDER
from quality.demonstration import corpus, finders, indexed
from quality.measures import measured
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.recommend.cards import group

Row = dict[str, Any]
SUBJECT: Final = "projects of the demonstration corpus (synthetic)"


def demonstration() -> Iterator[Row]:
    """Dense alone and hybrid; the latter by the language of the questions too."""
    asked: list[Row] = json.loads((DEMO_FOLDER / "questions.json").read_bytes())
    bm25, detector = Bm25Encoder(), LanguageDetector()
    reports = list(corpus(detector))
    raw = OpenVinoEmbedder(prepare_model(Path("var/models")))
    embedder = CorrectedEmbedder(raw, LanguageCorrection.load(raw.model), detector)
    with indexed(reports, embedder, bm25) as index:
        for name, find in finders(index, embedder, bm25, detector).items():
            found = {str(i): find(question["question"]) for i, question in enumerate(asked)}
            yield _row(name, found, reports, asked)
        for language in sorted({question["language"] for question in asked}):
            of = [i for i, question in enumerate(asked) if question["language"] == language]
            some = {str(i): found[str(i)] for i in of}
            yield _row(f"hybrid, questions in {language}", some, reports, asked)


def _row(
    name: str,
    found: Mapping[str, list[PassageHit]],
    reports: list[NormalisedReport],
    asked: list[Row],
) -> Row:
    right = {
        question: {
            str(number)
            for number, report in enumerate(reports)
            if asked[int(question)]["theme"] in report.themes
        }
        for question in found
    }
    run = {
        question: {each.report_id: each.score for each in group(hits)}
        for question, hits in found.items()
    }
    return {"name": name, "subject": SUBJECT, "n": len(found)} | measured(run, right)
