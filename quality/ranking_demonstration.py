"""The ranking on the demonstration corpus: projects for questions in ten languages."""

import json
from collections.abc import Iterator
from typing import Final

from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from navigator.demo import DEMO_FOLDER
from quality.abstention_data import fold
from quality.demonstration import PASSAGE_TOKENS, corpus
from quality.measures import measured
from quality.signal_rows import Row, signal_rows
from quality.signals import DENSE, FUSED, runs, signals
from services.embed.embedder import Embedder
from services.embed.passages import cut
from services.recommend.question import sparse_question

SUBJECT: Final = "projects of the demonstration corpus (synthetic)"
BY_LANGUAGE: Final = "projects of the demonstration corpus (synthetic), by the question's language"


def demonstration(embedder: Embedder) -> Iterator[Row]:
    """Each signal on the half of the themes that nothing was chosen on, and all by language."""
    asked: list[Row] = json.loads((DEMO_FOLDER / "questions.json").read_bytes())
    bm25, detector = Bm25Encoder(), LanguageDetector()
    reports = list(corpus(detector))
    passages = [
        (str(number), passage.embedded, report.language)
        for number, report in enumerate(reports)
        for passage in cut(report, embedder.count_tokens, PASSAGE_TOKENS)
    ]
    texts = [text for _, text, _ in passages]
    questions = [each["question"] for each in asked]
    by_signal = signals(
        (embedder.embed_queries(questions) @ embedder.embed_passages(texts).T).astype(float),
        [sparse_question(bm25, detector, question, None) for question in questions],
        [bm25.encode_passage(text, language or "") for _, text, language in passages],
        [language for _, _, language in passages],
    )
    numbers = [str(number) for number in range(len(asked))]
    found = runs(by_signal, numbers, [report for report, _, _ in passages])
    right = {
        number: {str(i) for i, report in enumerate(reports) if each["theme"] in report.themes}
        for number, each in zip(numbers, asked, strict=True)
    }
    test = {n: right[n] for n in numbers if fold(f"ranking {asked[int(n)]['theme']}", 2) == 1}
    for subject, some in ((f"{SUBJECT}, half of the themes", test), (f"{SUBJECT}, all", right)):
        yield from signal_rows(found, some, subject)
    for language in sorted({each["language"] for each in asked}):
        some = {n: right[n] for n in numbers if asked[int(n)]["language"] == language}
        for signal in (DENSE, FUSED):
            row: Row = {"name": f"{signal}, {language}", "subject": BY_LANGUAGE, "n": len(some)}
            yield row | measured(found[signal], some)
