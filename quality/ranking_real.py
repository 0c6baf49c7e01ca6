"""What real questions find in real collections of several languages, by each signal and by both.

All texts of one task are one pool. Only half of the questions is reported, by a digest of each;
the fusion's constants were chosen on the other half (and of Participedia and the demonstration).
"""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from quality.abstention_data import fold
from quality.language_means import CODES, sentences
from quality.signal_rows import Row, signal_rows
from quality.signals import BELOW_ALL, runs, signals
from quality.sorting_data import data_folder
from services.embed.embedder import Embedder
from services.recommend.question import sparse_question

# Enough of a description for the model, whose passages have some 160 tokens.
CHARS: Final = 700
SHORTEST: Final = 150
WORDS: Final = 300
SHORTEST_WORD: Final = 5
# Of the half that the languages' means were not made of.
SENTENCES: Final = slice(500, 650)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its text, its language, and the number of the one text that is right."""

    text: str
    language: str
    right: int
    itself: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Questions to one pool of texts, each with its language."""

    name: str
    questions: Sequence[Asked]
    texts: Sequence[tuple[str, str]]
    # What its questions' digests are salted with, so that the tuning half stays the tuning half.
    salt: str


def real(embedder: Embedder) -> Iterator[Row]:
    """The rows of all tasks, by language."""
    detector, bm25 = LanguageDetector(), Bm25Encoder()
    for task in (_projects(), _words(), _answers(), _translations()):
        yield from _rows(task, embedder, bm25, detector)


def _rows(
    task: Task, embedder: Embedder, bm25: Bm25Encoder, detector: LanguageDetector
) -> Iterator[Row]:
    asked = [each for each in task.questions if fold(f"{task.salt}{each.text}", 2) == 1]
    vectors = embedder.embed_queries([each.text for each in asked])
    dense = (vectors @ embedder.embed_passages([text for text, _ in task.texts]).T).astype(float)
    for row, each in enumerate(asked):
        if each.itself is not None:
            dense[row, each.itself] = BELOW_ALL
    terms = partial(sparse_question, bm25, detector, language=None)
    by_signal = signals(
        dense,
        [terms(text=each.text) for each in asked],
        [bm25.encode_passage(text, language) for text, language in task.texts],
        [language for _, language in task.texts],
    )
    numbers = [str(number) for number in range(len(asked))]
    found = runs(by_signal, numbers, [str(number) for number in range(len(task.texts))])
    languages = sorted({each.language for each in asked})
    for language in dict.fromkeys(("all", *languages)):
        right = {
            number: {str(each.right)}
            for number, each in zip(numbers, asked, strict=True)
            if language in {"all", each.language}
        }
        yield from signal_rows(found, right, task.name, f", asked in {language}")


def _projects() -> Task:
    """Projects of the EU's funds: a title asks for its description, which is without it."""
    found = _described()
    questions = [
        Asked(title, language, number) for number, (title, (_, language)) in enumerate(found)
    ]
    texts = [(text[:CHARS], language) for _, (text, language) in found]
    return Task(
        "real projects, one pool in sv, da and en: title asks for description",
        questions,
        texts,
        salt="k",
    )


def _words() -> Task:
    """Single words that stand in one of the descriptions alone, as somebody looks for a name."""
    texts = [(text[:CHARS], language) for _, (text, language) in _described()]
    places: dict[str, set[int]] = {}
    for number, (text, _) in enumerate(texts):
        for word in re.findall(rf"\w{{{SHORTEST_WORD},}}", text.lower()):
            places.setdefault(word, set()).add(number)
    single = sorted(word for word, found in places.items() if len(found) == 1)
    chosen = sorted(single, key=lambda word: fold(f"word {word}", 1 << 32))[:WORDS]
    questions = [
        Asked(word, texts[number][1], number) for word in chosen for number in places[word]
    ]
    return Task("real projects, one pool: a word of one description", questions, texts, salt="r")


def _described() -> list[tuple[str, tuple[str, str]]]:
    return [pair for pair in dict(_funded()).items() if len(pair[1][0]) >= SHORTEST]


def _funded() -> Iterator[tuple[str, tuple[str, str]]]:
    folder = data_folder() / "eu_structural_funds"
    for row in json.loads((folder / "SE_2014-2020.json").read_bytes()):
        yield row["projektnamn"], (row["projektbeskrivning"] or "", "sv")
    tables = (
        ("DK_2014-2020.csv", "Projektitel / Operation name", "Projektbeskrivelse", "da"),
        ("UK_England_2014-2020.csv", "Name of Project", "Summary of project (max 100 words)", "en"),
    )
    for name, title, description, language in tables:
        with (folder / name).open(encoding="utf-8-sig", errors="replace", newline="") as file:
            for row in csv.DictReader(file):
                yield (row[title] or "").strip(), ((row[description] or "").strip(), language)


def _answers() -> Task:
    """Questions to Swedish authorities, and all their answers in one pool."""
    path = data_folder() / "swefaq/swefaq_dev.jsonl"
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    texts = list(dict.fromkeys(text for row in rows for text in row["candidate_answers"]))
    questions = [
        Asked(row["question"], "sv", texts.index(row["candidate_answers"][row["label"]]))
        for row in rows
    ]
    return Task(
        "real questions to Swedish authorities",
        questions,
        [(text, "sv") for text in texts],
        salt="x",
    )


def _translations() -> Task:
    """Aligned sentences, all in one pool: what is right is always in another language."""
    texts: dict[tuple[str, str], int] = {}
    questions = []
    for language in CODES:
        theirs = sentences(data_folder() / "tatoeba", language)[SENTENCES]
        english = sentences(data_folder() / "tatoeba", language, english=True)[SENTENCES]
        for pair in zip(theirs, english, strict=True):
            number, other = (
                texts.setdefault(key, len(texts))
                for key in zip(pair, (language, "en"), strict=True)
            )
            questions.append(Asked(pair[0], language, other, number))
            questions.append(Asked(pair[1], "en", number, other))
    # A sentence with several translations would have several right answers.
    single = {each.text: each for each in questions}
    return Task(
        "real sentences, one pool in ten languages: each asks for its translation",
        [*single.values()],
        [*texts],
        salt="ranking ",
    )
