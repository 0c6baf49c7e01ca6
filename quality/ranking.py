"""How well challenges find the right methods, by each signal, each route, and both together.

    make quality        (or .venv/bin/python -m quality.ranking [--markdown docs/ranking.md])

Participedia's cases ask with their title and description; the methods that editors linked are
right, without those whose title stands in the text. Shares between routes are chosen on the
tuning half; the page reports the test half. The demonstration corpus is synthetic (language
models wrote corpus and questions), and the index's fusion was chosen on it.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from libs.language.detection import LanguageDetector
from quality.measures import MEASURES, gain, measured
from quality.method_routes import Routes, both
from quality.participedia import Participedia, embedded, in_test, read
from quality.ranking_demonstration import demonstration
from quality.ranking_diversity import diversity
from quality.ranking_page import GAINS, page, told
from quality.ranking_projects import projects
from quality.ranking_real import real
from quality.signals import BM25, DENSE, FUSED, SIGNALS, Scores
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.openvino_embedder import OpenVinoEmbedder

COMMAND: Final = "python -m quality.ranking"
SHARES: Final = tuple(step / 10 for step in range(11))
Row = dict[str, Any]
# What is reported: the whole task, and without the ten most-linked methods.
WITH_HEAD, WITHOUT_HEAD = "all methods", "without the ten most linked"


def popular(task: Participedia) -> Scores:
    """Most popular first, by the tuning half's links."""
    counts = Counter(
        method for case, methods in task.links.items() if not in_test(case) for method in methods
    )
    row = np.array([float(counts[method]) for method in task.methods])
    return np.tile(row, (len(task.cases), 1))


def rows_of(
    task: Participedia,
    name: str,
    scores: Scores,
    *,
    test: bool,
    others: Mapping[str, Scores] | None = None,
) -> Iterator[Row]:
    """The measures of one ranking, with the head and without; and what it has more than others."""
    for subject, head in ((WITH_HEAD, True), (WITHOUT_HEAD, False)):
        right = task.questions(test=test, head=head)
        found = _run(task, scores, right, head=head)
        more = {
            over: gain(found, _run(task, other, right, head=head), right)
            for over, other in (others or {}).items()
        }
        yield {"name": name, "subject": subject, "n": len(right)} | more | measured(found, right)


def _others(by_signal: Mapping[str, Scores], signal: str) -> dict[str, Scores]:
    """Both parts of what is fused."""
    parts = {"over dense": by_signal[DENSE], "over BM25": by_signal[BM25]}
    return parts if signal == FUSED else {}


def _run(
    task: Participedia, scores: Scores, right: Mapping[str, object], *, head: bool
) -> dict[str, dict[str, float]]:
    number = {case: row for row, case in enumerate(task.cases)}
    methods = list(task.methods)
    keep = [c for c, method in enumerate(methods) if head or method not in task.head]
    return {case: {methods[c]: float(scores[number[case], c]) for c in keep} for case in right}


def best_share(task: Participedia, routes: Routes, signal: str) -> float:
    """The votes' share that has the best nDCG@10 on the tuning half without the head."""

    def worth(share: float) -> float:
        scores = both(routes.texts[signal], routes.voted[signal], share)
        *_, without = rows_of(task, "", scores, test=False)
        return float(without["nDCG@10"])

    return max(SHARES, key=worth)


def participedia(task: Participedia, routes: Routes) -> Iterator[Row]:
    """Each row of the page's first tables."""
    yield from rows_of(task, "most popular", popular(task), test=True)
    for route, name in (
        (routes.texts, "challenge → methods' texts"),
        (routes.voted, "challenge → similar cases → methods"),
    ):
        for signal in SIGNALS:
            others = _others(route, signal)
            yield from rows_of(task, f"{name}, {signal}", route[signal], test=True, others=others)
    shares = {signal: best_share(task, routes, signal) for signal in SIGNALS}
    together = {
        signal: both(routes.texts[signal], routes.voted[signal], share)
        for signal, share in shares.items()
    }
    for signal, share in shares.items():
        others = _others(together, signal)
        if signal == FUSED:
            others["over similar cases"] = routes.voted[FUSED]
        name = f"both, {signal} (votes {share:.1f})"
        yield from rows_of(task, name, together[signal], test=True, others=others)


def main() -> None:
    """Print the tables, and write the page or the numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--markdown", type=Path, help="write the page to this file")
    parser.add_argument("--json", type=Path, help="write the numbers to this file")
    chosen = parser.parse_args()
    task = read()
    routes = Routes(task, embedded(task))
    rows = [*participedia(task, routes), *projects(task, routes), *diversity(task, routes)]
    with closing(OpenVinoEmbedder(prepare_model(Path("var/models")))) as raw:
        correction = LanguageCorrection.load(raw.model)
        embedder = CorrectedEmbedder(raw, correction, LanguageDetector())
        rows += [*real(embedder), *demonstration(embedder)]
    show(rows)
    if chosen.markdown:
        chosen.markdown.write_text(page(rows, f"{COMMAND} --markdown {chosen.markdown}"), "utf-8")
    if chosen.json:
        chosen.json.write_text(json.dumps(list(_numbers(rows)), indent=2), "utf-8")


def show(rows: list[Row]) -> None:
    """The rows as a table."""
    table = Table("ranking", "of", *MEASURES, *GAINS, "questions", box=None)
    for row in rows:
        numbers = [f"{row[name]:.3f}" for name in MEASURES]
        gains = [told(row.get(name, "")) for name in GAINS]
        table.add_row(row["name"], row["subject"], *numbers, *gains, str(row["n"]))
    Console(width=200).print(table)


def _numbers(rows: list[Row]) -> Iterator[Row]:
    base = {row["subject"]: row for row in reversed(rows)}
    for row in rows:
        for measure in MEASURES:
            yield {
                "name": f"{row['name']}, {row['subject']}: {measure}",
                "value": row[measure],
                "unit": "share",
                "baseline": base[row["subject"]][measure],
                "n": row["n"],
                "command": COMMAND,
            }


if __name__ == "__main__":
    main()
