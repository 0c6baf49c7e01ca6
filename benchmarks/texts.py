"""Texts of a wanted length in the model's tokens, cut from the demonstration corpus."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from libs.language.detection import LanguageDetector
from quality.demonstration import corpus
from services.embed.tokenizer import Tokenizer

QUESTIONS: Final = Path("data/demo/questions.json")
MARKERS_AND_PREFIX: Final = 5  # <s>, "passage", ":", "▁" and </s>


def questions() -> list[str]:
    """The 120 questions in ten languages that belong to the corpus."""
    return [each["question"] for each in json.loads(QUESTIONS.read_text(encoding="utf-8"))]


class Texts:
    """The corpus as one long text in ten languages."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        reports = corpus(LanguageDetector())
        sections = itertools.chain.from_iterable(report.sections for report in reports)
        self._words = " ".join(section.text for section in sections).split()

    def of(self, tokens: int) -> Iterator[str]:
        """Texts that the model reads as so many tokens or a few less, each another one, endless."""
        room = max(1, tokens - MARKERS_AND_PREFIX)
        for start in itertools.count():
            begin = start * 37 % len(self._words)
            words = (self._words[begin:] + self._words[:begin])[:room]
            while len(self._tokenizer.encode([" ".join(words)])[0]) > room and len(words) > 1:
                words.pop()
            yield " ".join(words)
