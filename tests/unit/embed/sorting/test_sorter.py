"""Sorting by heads that are drawn by hand: what is said, what is left unsaid."""

import numpy as np
import pytest

from libs.events.labels import LabelKind
from libs.events.report import SectionKind
from libs.taxonomy.labels import ids
from services.embed.embedder import Vectors
from services.embed.passages import Passage
from services.embed.sorting import inferred
from services.embed.sorting.cues import CueCounter
from services.embed.sorting.heads import Heads, PassageKindHead, SubjectHead, load_heads, of_report
from services.embed.sorting.sorter import Sorter

THEMES = ids("themes")
SIZE = len(THEMES)
KINDS = (SectionKind.CHALLENGE, SectionKind.OTHER)
TEXT = "Bussen går när någon ringer, och den kommer till dörren."


def passages(*texts: str) -> list[Passage]:
    return [Passage(n, 0, 0, len(text), text, text) for n, text in enumerate(texts)]


def towards(*labels: int) -> Vectors:
    return np.eye(SIZE, dtype=np.float32)[list(labels)]


@pytest.fixture
def sorter() -> Sorter:
    """A passage is about the theme that its vector points to; the first theme is a challenge."""
    head = SubjectHead(
        ids=THEMES,
        anchors=np.eye(SIZE, dtype=np.float32),
        weights=np.array([8.0, 0, 0, 0, 0]),
        bias=np.full(SIZE, -4.0),
        threshold=0.9,
        counter=CueCounter("themes", THEMES),
    )
    weights = np.zeros((2, SIZE))
    weights[0, 0] = weights[1, 1] = 5
    kind = PassageKindHead(KINDS, weights, np.zeros(2), threshold=0.8)
    return Sorter(Heads("test", {"themes": head}, kind))


def test_a_label_cites_the_passages_that_support_it(sorter: Sorter) -> None:
    found = sorter.sort(passages(TEXT, TEXT, TEXT), towards(0, 3, 0), ["sv"] * 3)
    theme, kind = found.labels
    assert (theme.kind, theme.value, theme.passages) == (LabelKind.THEME, THEMES[0], (0, 2))
    assert theme.confidence == pytest.approx(0.982)
    assert (kind.kind, kind.value, kind.passages) == (LabelKind.PASSAGE_KIND, "challenge", (0, 2))


def test_what_is_uncertain_stays_unlabelled(sorter: Sorter) -> None:
    found = sorter.sort(passages(TEXT, TEXT), towards(4, 5), ["sv", "sv"])
    assert found.labels == ()
    assert found.kinds == (None, None)


def test_another_kind_is_no_label(sorter: Sorter) -> None:
    assert sorter.sort(passages(TEXT), towards(1), ["sv"]).kinds == (None,)


@pytest.mark.parametrize("text", ["", "🙂🙂🙂", "17", "\x00"])
def test_a_passage_without_words_says_nothing(sorter: Sorter, text: str) -> None:
    found = sorter.sort(passages(text), towards(0), [None])
    assert found.labels == ()
    assert found.kinds == (None,)


def test_without_heads_for_the_model_nothing_is_labelled() -> None:
    sorter = Sorter(load_heads("another model"))
    assert sorter.sort(passages(TEXT), towards(0), ["sv"]).labels == ()


def test_labels_are_read_again_as_they_were_written(sorter: Sorter) -> None:
    labels = sorter.sort(passages(TEXT, TEXT), towards(0, 0), ["sv", "sv"]).labels
    assert inferred.read(inferred.written(labels)) == labels


def test_a_report_is_judged_by_the_best_quarter_of_its_passages() -> None:
    logits = np.array([[4.0], [2.0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0]])
    assert of_report(logits) == pytest.approx([2.0])
    assert of_report(logits[:1]) == pytest.approx([4.0])


@pytest.mark.parametrize(
    ("text", "language", "theme"),
    [
        ("Bussar och samåkning", "sv", "mobility"),
        ("Psychische Gesundheit und Angst", "de-AT", "mental-health"),
        ("Asunnottomuus ja vuokrat", "fi", "housing"),
        ("young people who left school: NEET", "en", "youth-neet"),
    ],
)
def test_words_point_to_a_theme(text: str, language: str, theme: str) -> None:
    (counts,) = CueCounter("themes", THEMES).count([text], [language])
    assert THEMES[int(counts.argmax())] == theme


def test_a_text_of_an_unknown_language_has_no_cue() -> None:
    assert not CueCounter("themes", THEMES).count(["bus bus bus"], [None]).any()
