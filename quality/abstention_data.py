"""What is asked of a collection of projects, and what is asked elsewhere; half of it to measure.

A group's examples (a subject's questions in ten languages, a case's title and description, a
theme's ten labels) are all on one side of the split, which is made by their digest. Written for
this repository, and so synthetic: the questions, on-topic and off-topic, and the key words. Real:
Participedia's cases, the questions to Swedish authorities, Tatoeba's sentences.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from libs.taxonomy.labels import Kind, ids, label
from navigator.demo import DEMO_FOLDER
from quality.language_means import CODES, sentences

LANGUAGES: Final = (*CODES, "en")
KINDS: Final[tuple[Kind, ...]] = ("themes", "target_groups")
MOST_CASES: Final = 400
SHORTEST_CASE: Final = 40
# Every fifth of the half that the languages' means were not made of.
SENTENCES: Final = slice(500, 1_000, 5)


class Source(StrEnum):
    """Where an example is from."""

    ASKED = "questions on the collection's themes"
    LABEL = "themes' and target groups' names"
    CASE = "Participedia: descriptions"
    TITLE = "Participedia: titles"
    ELSEWHERE = "questions on other things"
    MUNICIPAL = "municipal questions no project covers"
    KEYWORDS = "key words for other things"
    AUTHORITY = "questions to Swedish authorities"
    SENTENCE = "everyday sentences (Tatoeba)"


# How much each source counts when the numbers are made. Within a source all examples count alike.
WEIGHTS: Final = {
    Source.ASKED: 2.0,
    Source.LABEL: 2.0,
    Source.CASE: 1.0,
    Source.TITLE: 0.5,
    Source.ELSEWHERE: 1.0,
    Source.MUNICIPAL: 1.0,
    Source.KEYWORDS: 1.0,
    Source.AUTHORITY: 1.0,
    Source.SENTENCE: 1.0,
}
BELONGING: Final = frozenset({Source.ASKED, Source.LABEL, Source.CASE, Source.TITLE})
REAL: Final = frozenset({Source.CASE, Source.TITLE, Source.AUTHORITY, Source.SENTENCE})
OFF_TOPIC: Final = (Source.ELSEWHERE, Source.MUNICIPAL, Source.KEYWORDS)


@dataclass(frozen=True, slots=True)
class Example:
    """A text as somebody could ask it. `theme` is what it asks for, where that is known."""

    source: Source
    text: str
    language: str
    group: str
    theme: str | None = None

    @property
    def belongs(self) -> bool:
        """True for what such a collection is made for."""
        return self.source in BELONGING

    @property
    def test(self) -> bool:
        """True for the half that is measured and not learnt from."""
        return fold(f"half {self.group}", 2) == 1


def fold(group: str, folds: int) -> int:
    """Which of so many parts a group is in: the same in every run."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4]) % folds


def examples() -> list[Example]:
    """All of them."""
    return [*_questions(), *_labels(), *_cases(), *_authorities(), *_sentences()]


def untouched() -> list[Example]:
    """Questions on both sides that nothing was learnt from, tried on or chosen by.

    Written after the floor was set, on other subjects than the off-topic ones of `examples`. They
    stay what they are only as long as no number is changed because of them.
    """
    kinds = {
        "on-topic": Source.ASKED,
        "elsewhere": Source.ELSEWHERE,
        "municipal": Source.MUNICIPAL,
    }
    return [
        Example(kinds[each["kind"]], each["question"], each["language"], each["subject"])
        for each in json.loads((DEMO_FOLDER / "untouched_questions.json").read_bytes())
    ]


def _data() -> Path:
    return Path(os.environ.get("NAVIGATOR_DATA", "../shared/data"))


def _questions() -> Iterator[Example]:
    for each in json.loads((DEMO_FOLDER / "questions.json").read_bytes()):
        text = each["question"]
        yield Example(Source.ASKED, text, each["language"], text, each["theme"])
    kinds = {
        "elsewhere": Source.ELSEWHERE,
        "municipal": Source.MUNICIPAL,
        "keywords": Source.KEYWORDS,
    }
    for each in json.loads((DEMO_FOLDER / "off_topic.json").read_bytes()):
        source = kinds[each["kind"]]
        yield Example(source, each["question"], each["language"], each["subject"])


def _labels() -> Iterator[Example]:
    for kind in KINDS:
        for entry in ids(kind):
            for language in LANGUAGES:
                yield Example(Source.LABEL, label(kind, entry, language), language, entry)


def _cases() -> Iterator[Example]:
    cases = [case for case in _lines("participedia/cases.jsonl") if _described(case)]
    for case in cases[:MOST_CASES]:
        yield Example(Source.CASE, case["description"], "en", case["title"])
        yield Example(Source.TITLE, case["title"], "en", case["title"])


def _described(case: dict[str, Any]) -> bool:
    return len(case["description"]) > SHORTEST_CASE


def _authorities() -> Iterator[Example]:
    for each in _lines("swefaq/swefaq_dev.jsonl"):
        yield Example(Source.AUTHORITY, each["question"], "sv", each["question"])


def _sentences() -> Iterator[Example]:
    for language in LANGUAGES:
        for text in sentences(_data() / "tatoeba", language)[SENTENCES]:
            yield Example(Source.SENTENCE, text, language, text)


def _lines(name: str) -> Iterator[dict[str, Any]]:
    with (_data() / name).open(encoding="utf-8") as file:
        yield from map(json.loads, file)
