"""A text of five megabytes is sorted, in bounded time."""

import numpy as np
import pytest

from libs.events.report import MAX_TEXT_CHARS, NormalisedReport, Section, SectionKind
from libs.taxonomy.labels import ids
from services.embed.passages import Passage
from services.embed.sorting.cited import cited
from services.embed.sorting.cues import CueCounter


def passages(text: str, size: int) -> list[Passage]:
    return [
        Passage(n, 0, start, start + size, text[start : start + size], text[start : start + size])
        for n, start in enumerate(range(0, len(text), size))
    ]


def test_the_rules_read_the_beginning_of_a_long_text() -> None:
    sentence = (
        "Andelen steg till 17,8 % på ett år, ”sade en av dem som hade varit med hela tiden”. "
    )
    text = (sentence * (MAX_TEXT_CHARS // len(sentence) + 1))[:MAX_TEXT_CHARS]
    report = NormalisedReport(
        title="T", language="sv", sections=(Section(text=text, kind=SectionKind.RESULTS),)
    )
    found = cited(report, passages(text, 700), [])
    assert 0 < len(found) < 30


def test_text_without_an_end_to_its_words_is_counted() -> None:
    text = "bussen" * (MAX_TEXT_CHARS // 6)
    themes = ids("themes")
    counts: np.ndarray = CueCounter("themes", themes).count([text], ["sv"])
    assert counts.sum() == 1


@pytest.mark.parametrize("word", ["grup", "kontrolin", "palyginam", "1.", "5 year", "kein"])
def test_words_without_end_hold_nobody_up(word: str) -> None:
    # With a rule that looks for an end from each beginning this takes minutes, over the timeout.
    text = (word * (MAX_TEXT_CHARS // len(word) + 1))[:MAX_TEXT_CHARS]
    report = NormalisedReport(title="T", language="pl", sections=(Section(text=text),))
    assert cited(report, passages(text, 700), []) == []
