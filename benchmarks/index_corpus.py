"""Real passages with their vectors, and questions, for the index to be measured on.

The vectors are made once, by the default embedder with its correction, and kept in `var/bench`.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.events.report import NormalisedReport, Section
from libs.language.detection import LanguageDetector
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Embedder, Vectors
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.passages import Passage, cut

DATA: Final = Path(os.environ.get("NAVIGATOR_DATA", "../shared/data"))
KEPT: Final = Path("var/bench")
MODELS: Final = Path("var/models")
PASSAGE_TOKENS: Final = 160
# Embedding them takes some minutes on two cores.
MOST_PASSAGES: Final = 8_000
QUESTIONS: Final = 500
SHORTEST_QUESTION: Final = 40
BLOCK: Final = 256


@dataclass(frozen=True, slots=True)
class RealPassage:
    """One passage: which report it is of, the text that is embedded, and what to filter by.

    `place` is where it stands in that report.
    """

    report: int
    text: str
    language: str
    source: str
    place: Passage


@dataclass(frozen=True, slots=True)
class Corpus:
    """Passages with vectors, shape (passages, d), and questions, shape (questions, d).

    Of the last of `reports` that has passages some may be left out.
    """

    model: str
    reports: list[NormalisedReport]
    passages: list[RealPassage]
    vectors: Vectors
    questions: list[str]
    question_vectors: Vectors


def load() -> Corpus:
    """The corpus. Embeds it where no vectors of these texts by this model are kept.

    Questions are descriptions of cases that no passage is taken from, so that none of them
    stands in the index as it is.
    """
    detector = LanguageDetector()
    engine = OpenVinoEmbedder(prepare_model(MODELS))
    embedder = CorrectedEmbedder(engine, LanguageCorrection.load(engine.model), detector)
    try:
        reports, passages, questions = _read(embedder)
        return Corpus(
            model=embedder.model,
            reports=reports,
            passages=passages,
            vectors=_kept(embedder, "passages", [each.text for each in passages]),
            questions=questions,
            question_vectors=_kept(embedder, "questions", questions),
        )
    finally:
        embedder.close()


def _read(embedder: Embedder) -> tuple[list[NormalisedReport], list[RealPassage], list[str]]:
    cases = list(_lines(DATA / "participedia" / "cases.jsonl"))
    asked = [case for case in cases if len(case["description"]) > SHORTEST_QUESTION][:QUESTIONS]
    left_out = {case["id"] for case in asked}
    reports = [
        *_swedish_projects(),
        *_public_services(),
        *(_report("participedia", "en", case) for case in cases if case["id"] not in left_out),
        *(
            _report("participedia", "en", each)
            for each in _lines(DATA / "participedia/methods.jsonl")
        ),
    ]
    passages = (
        RealPassage(number, passage.embedded, language, source, passage)
        for number, (source, language, report) in enumerate(reports)
        for passage in cut(report, embedder.count_tokens, PASSAGE_TOKENS)
    )
    return (
        [report for _, _, report in reports],
        list(islice(passages, MOST_PASSAGES)),
        [case["description"] for case in asked],
    )


_Source = tuple[str, str, NormalisedReport]


def _report(source: str, language: str, row: dict[str, Any]) -> _Source:
    return source, language, _normalised(row["title"], f"{row['description']}\n{row['body']}")


def _swedish_projects() -> Iterator[_Source]:
    rows = json.loads((DATA / "eu_structural_funds" / "SE_2014-2020.json").read_text("utf-8"))
    for row in rows:
        report = _normalised(row["projektnamn"], row["projektbeskrivning"])
        yield "eu_structural_funds", "sv", report


def _public_services() -> Iterator[_Source]:
    for row in json.loads((DATA / "ips_explorer" / "cases.json").read_text("utf-8")):
        yield "ips_explorer", "en", _normalised(row["name"], row["description"])


def _normalised(title: str, text: str) -> NormalisedReport:
    return NormalisedReport(title=title[:1_000].strip() or "–", sections=(Section(text=text),))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _kept(embedder: Embedder, kind: str, texts: list[str]) -> Vectors:
    """The texts' vectors, block by block as they are made, so that a stop costs one block."""
    KEPT.mkdir(parents=True, exist_ok=True)
    embed = embedder.embed_queries if kind == "questions" else embedder.embed_passages
    blocks = []
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        digest = hashlib.sha256("\x00".join([embedder.model, kind, *block]).encode()).hexdigest()
        path = KEPT / f"{digest[:24]}.npy"
        if not path.exists():
            draft = path.with_suffix(".draft.npy")
            np.save(draft, embed(block))
            draft.rename(path)
        blocks.append(np.load(path))
    vectors: Vectors = np.concatenate(blocks)
    return vectors
