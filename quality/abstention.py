"""How well recommend tells that its collection holds nothing close, on the half not learnt from.

    make quality    (or .venv/bin/python -m quality.abstention --markdown docs/abstention.md)

The demonstration corpus, asked as recommend asks. The numbers and the floor of
`services/recommend/closeness.npz` were made on the other half of these texts
(`quality/closeness.py`). The half that is measured is not untouched: which sources to learn from
was tried on random halves of most of these texts, and the rule for the floor was changed once (five
folds and 4 % to ten and 5 %) after the first had been measured on it. Sources not marked real were
written for this repository, and are synthetic. The baseline is the similarity of the three nearest
projects alone, with a floor made in the same way.
"""

import argparse
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.index_corpus import load
from libs.vectors.port import PassageHit, PassagePoint
from quality.abstention_data import (
    LANGUAGES,
    OFF_TOPIC,
    REAL,
    WEIGHTS,
    Example,
    Source,
    examples,
    untouched,
)
from quality.closeness import MOST_REFUSED, Asker, asker
from services.recommend.closeness import Closeness, load_closeness, nearness

COMMAND: Final = "python -m quality.abstention"
FLOORS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
# More than there are, so that all but a theme's projects can be told from an answer.
ALL: Final = 2_000
# The normal distribution's two-sided 95 %.
_Z: Final = 1.96
SPACE: Final = UUID("0d5a3f0e-5f0e-5a55-9d35-2c9a4f6f6f11")
Row = dict[str, Any]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """How close and how near an example was; both once more without its theme's projects."""

    example: Example
    closeness: float
    nearness: float
    without_theme: tuple[float, float] | None = None


def main() -> None:
    """Measure, print the page, write the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    parser.add_argument("--markdown", type=Path, help="write the page to this file too")
    chosen = parser.parse_args()
    with asker() as ask:
        numbers = load_closeness(ask.embedder.model)
        if numbers is None:
            raise SystemExit(f"There are no numbers for {ask.embedder.model}: quality.closeness.")
        asked = [each for each in examples() if each.test or each.source is Source.ASKED]
        answers = [answered(ask, numbers, each) for each in asked]
        new = [answered(ask, numbers, each) for each in untouched()]
        passages = ask.index.count()
        tested = [each.example for each in answers if each.example.test]
        _add_real_passages(ask)
        beside = [answered(ask, numbers, each) for each in tested if each.source in MEASURED_BESIDE]
        rows = [*measured(answers, numbers), *_beside(beside, numbers, ask.index.count())]
    new_rows = list(unseen(new, numbers))
    text = "\n".join(
        (page(rows, answers, numbers, passages), untouched_page(new_rows, new, numbers))
    )
    rows += new_rows
    Console().print(Markdown(text))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    if chosen.markdown:
        chosen.markdown.write_text(text, encoding="utf-8")


MEASURED_BESIDE: Final = (Source.ASKED, *OFF_TOPIC)


def answered(ask: Asker, numbers: Closeness, example: Example) -> Answer:
    """Ask once as recommend does; of a question on a theme also without the theme's projects."""
    vector = ask.vector(example.text)
    hits = ask.hits(example.text, vector)
    without = None
    if example.theme is not None:
        others = [
            hit for hit in ask.hits(example.text, vector, ALL) if example.theme not in _themes(hit)
        ]
        without = numbers.of(vector, others), nearness(others)
    return Answer(example, numbers.of(vector, hits), nearness(hits), without)


def measured(answers: Sequence[Answer], numbers: Closeness) -> Iterator[Row]:
    """The numbers of the test half."""
    tested = [each for each in answers if each.example.test]
    for source in WEIGHTS:
        mine = [each for each in tested if each.example.source is source]
        yield _row(f"refused: {source}", _refused(mine, numbers.floor), len(mine))
    on, off = _sides(tested)
    yield _row("refused: off-topic, all", _refused(off, numbers.floor), len(off))
    yield _row("AUC", _auc(_closeness(on), _closeness(off)), len(on) + len(off))
    near_on, near_off = _nearness(on), _nearness(off)
    training = [each for each in answers if _asked(each) and not each.example.test]
    floor = float(np.quantile(_nearness(training), MOST_REFUSED))
    yield _row("similarity alone: AUC", _auc(near_on, near_off), len(on) + len(off))
    yield _row("similarity alone: on-topic refused", float(np.mean(near_on < floor)), len(on))
    yield _row("similarity alone: off-topic refused", float(np.mean(near_off < floor)), len(off))
    without = np.array([each.without_theme for each in on])
    closeness, near = without[:, 0], without[:, 1]
    refused = float(np.mean(closeness < numbers.floor))
    yield _row("on-topic refused without the theme's projects", refused, len(on))
    yield _row("similarity alone: AUC, with and without them", _auc(near_on, near), len(on))


def _beside(answers: Sequence[Answer], numbers: Closeness, passages: int) -> Iterator[Row]:
    on, off = _sides(answers)
    where = f"among {passages:,} passages"
    yield _row(f"{where}: on-topic refused", _refused(on, numbers.floor), len(on))
    yield _row(f"{where}: off-topic refused", _refused(off, numbers.floor), len(off))


def unseen(answers: Sequence[Answer], numbers: Closeness) -> Iterator[Row]:
    """The numbers of the untouched set, with Wilson's interval of each share (1927)."""
    on, off = _sides(answers)
    groups = {"on-topic refused": on, "off-topic refused": off}
    for source in (Source.ELSEWHERE, Source.MUNICIPAL):
        groups[f"refused: {source}"] = [each for each in off if each.example.source is source]
    for name, group in groups.items():
        share = _refused(group, numbers.floor)
        low, high = _interval(share, len(group))
        yield {**_row(f"untouched: {name}", share, len(group)), "low": low, "high": high}
    yield _row("untouched: AUC", _auc(_closeness(on), _closeness(off)), len(answers))


def _interval(share: float, n: int) -> tuple[float, float]:
    middle, spread = (
        share + _Z**2 / (2 * n),
        _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)),
    )
    return (middle - spread) / (1 + _Z**2 / n), (middle + spread) / (1 + _Z**2 / n)


def _add_real_passages(ask: Asker) -> None:
    """Real projects beside the demonstration corpus: they make every question look nearer."""
    corpus = load()
    points = [
        PassagePoint(
            id=uuid5(SPACE, str(number)),
            dense=vector,
            sparse=ask.bm25.encode_passage(passage.text, passage.language),
            payload={"report_id": f"real-{passage.report}", "version": 1},
        )
        for number, (passage, vector) in enumerate(
            zip(corpus.passages, corpus.vectors, strict=True)
        )
    ]
    ask.index.upsert(points)
    for report in sorted({str(point.payload["report_id"]) for point in points}):
        ask.index.publish(report, 1)


def page(rows: Sequence[Row], answers: Sequence[Answer], numbers: Closeness, passages: int) -> str:
    """All of it as a page."""
    tested = [each for each in answers if each.example.test]
    about = " ".join((__doc__ or "").split("\n\n")[2].split())
    return "\n".join(
        (
            "# What the collection has nothing for",
            "",
            about,
            "",
            LIMITS,
            "",
            f"Written by `{COMMAND} --markdown docs/abstention.md`.",
            f"{passages:,} passages, floor {numbers.floor:.3f}.",
            "",
            *_table(("measured", "", "n"), _sources(rows)),
            "## The curve",
            "",
            "Recall: of what was off-topic, how much was refused. Precision: of what was refused,",
            "how much was off-topic.",
            "",
            *_table(("floor", "on-topic refused", "recall", "precision"), _curve(tested, numbers)),
            "## By language",
            "",
            *_table(
                ("language", "on-topic refused", "n", "off-topic refused", "n"),
                _languages(tested, numbers),
            ),
        )
    )


def untouched_page(rows: Sequence[Row], answers: Sequence[Answer], numbers: Closeness) -> str:
    """The untouched set's numbers, to stand behind the others."""
    return "\n".join(
        (
            "## Questions that nothing was tuned on",
            "",
            UNTOUCHED,
            "",
            *_table(("measured", "", "95 %", "n"), _shares(rows)),
            *_table(
                ("language", "on-topic refused", "n", "off-topic refused", "n"),
                _languages(answers, numbers),
            ),
        )
    )


def _shares(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        name = row["name"].removeprefix("untouched: ")
        if "low" not in row:
            yield name, f"{row['value']:.3f}", "", str(row["n"])
            continue
        yield name, f"{row['value']:.1%}", f"{row['low']:.0%} to {row['high']:.0%}", str(row["n"])


UNTOUCHED: Final = """\
Written for this page after the floor had been set (by a language model, so synthetic too), and
measured with the floor as it was: 62 questions on the collection's themes, by officers and by
citizens, and 128 on other things, half of them as a citizen asks and half as an officer does, on
subjects that none of those above has. These are the numbers to believe, until something is changed
because of them."""

LIMITS: Final = """\
Read it so: the numbers tell a question that such a collection is made for from another. They do
not tell whether just this collection has the answer: without a theme's projects its questions are
let through all the same (below), because the model finds the other projects hardly less near. What
is shown then has its similarity beside it."""


def _sources(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        name = row["name"].removeprefix("refused: ")
        kind = " (real)" if name in set(REAL) else ""
        refused = "refused: " if row["name"].startswith("refused: ") else ""
        value = f"{row['value']:.3f}" if "AUC" in name else f"{row['value']:.1%}"
        yield f"{refused}{name}{kind}", value, f"{row['n']:,}"


def _curve(tested: Sequence[Answer], numbers: Closeness) -> Iterator[tuple[str, ...]]:
    on, off = _sides(tested)
    for floor in sorted((*FLOORS, numbers.floor)):
        wrongly, rightly = _refused(on, floor) * len(on), _refused(off, floor) * len(off)
        precision = rightly / (wrongly + rightly) if wrongly + rightly else 1.0
        set_one = " (set)" if floor == numbers.floor else ""
        yield (
            f"{floor:.3f}{set_one}",
            f"{wrongly / len(on):.1%}",
            f"{rightly / len(off):.1%}",
            f"{precision:.1%}",
        )


def _languages(tested: Sequence[Answer], numbers: Closeness) -> Iterator[tuple[str, ...]]:
    for language in LANGUAGES:
        on, off = _sides([each for each in tested if each.example.language == language])
        cells = (
            cell
            for side in (on, off)
            for cell in (f"{_refused(side, numbers.floor):.0%}", str(len(side)))
        )
        yield language, *cells


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'--:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _sides(answers: Iterable[Answer]) -> tuple[list[Answer], list[Answer]]:
    """The questions on the collection's themes, and those on others."""
    kept = list(answers)
    return (
        [each for each in kept if _asked(each)],
        [each for each in kept if each.example.source in OFF_TOPIC],
    )


def _asked(answer: Answer) -> bool:
    return answer.example.source is Source.ASKED


def _refused(answers: Sequence[Answer], floor: float) -> float:
    return float(np.mean(_closeness(answers) < floor))


def _closeness(answers: Sequence[Answer]) -> Numbers:
    return np.array([each.closeness for each in answers])


def _nearness(answers: Sequence[Answer]) -> Numbers:
    return np.array([each.nearness for each in answers])


def _auc(on: Numbers, off: Numbers) -> float:
    """How often one that belongs is above one that does not (Mann and Whitney 1947)."""
    above = on[:, None] - off[None]
    return float(np.mean(above > 0) + np.mean(above == 0) / 2)


def _themes(hit: PassageHit) -> Sequence[Any]:
    found = hit.payload.get("themes")
    return found if isinstance(found, Sequence) else ()


def _row(name: str, value: float, n: int) -> Row:
    return {
        "name": name,
        "value": value,
        "unit": "share",
        "baseline": None,
        "n": n,
        "command": COMMAND,
    }


if __name__ == "__main__":
    main()
