"""What it costs and gives that likeness to those above counts, with the product's own code.

A case asks, the other cases are the projects (`quality/ranking_projects.py`). Beside the measures
of rank: the share of the asking case's methods that the first ten projects used (subtopic recall,
Zhai, Cohen and Lafferty 2003), and the share of answers of which two in the first ten are alike.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final

import numpy as np

from libs.vectors.port import Vector
from quality.measures import gain, gain_of, measured
from quality.method_routes import Routes
from quality.participedia import Participedia
from quality.ranking_projects import candidates_of, right_projects
from services.recommend.ranking.diversity import diverse
from services.recommend.ranking.ranker import Ranker
from services.recommend.ranking.weights import Diversity, Weights

Row = dict[str, Any]
SHOWN: Final = 10
ALIKE: Final = 0.85
# Likeness that counts from 0 on is MMR as it was published; from 0.8 on it is for duplicates alone.
TRIED: Final = tuple(
    Diversity(relevance=relevance, alike_from=alike_from)
    for alike_from in (0.0, 0.8)
    for relevance in (0.9, 0.7, 0.5)
)
Answers = Mapping[str, list[str]]


def diversity(task: Participedia, routes: Routes) -> Iterator[Row]:
    """Without, and each that is tried; on the test half, without the head."""
    subject = "projects: likeness to those above, without head"
    right = right_projects(task, test=True, head=False)
    methods = task.questions(test=True, head=False)
    vectors = dict(zip(task.cases, routes.vectors.cases, strict=True))
    plain = _answers(task, routes, right, vectors, Diversity(relevance=1, alike_from=0))
    base = _run(plain)
    for each in (None, *TRIED):
        answers = plain if each is None else _answers(task, routes, right, vectors, each)
        covered = _covered(task, answers, methods)
        row: Row = {"name": _name(each), "subject": subject, "n": len(right)}
        row["right methods"] = float(np.mean(covered))
        row["two alike"] = float(np.mean([_alike(found, vectors) for found in answers.values()]))
        if each is not None:
            before = _covered(task, plain, methods)
            row["over no likeness"] = gain(_run(answers), base, right)
            row["more right methods"] = gain_of(
                [now - then for now, then in zip(covered, before, strict=True)]
            )
        yield row | measured(_run(answers), right)


def _name(each: Diversity | None) -> str:
    if each is None:
        return "fused, likeness does not count"
    return f"relevance {each.relevance}, alike from {each.alike_from}"


def _answers(
    task: Participedia,
    routes: Routes,
    right: Mapping[str, object],
    vectors: Mapping[str, Vector],
    how: Diversity,
) -> Answers:
    ranker = Ranker(Weights.load(), lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return {
        case: [each.found.report_id for each in diverse(ranker.rank(found), vectors, how)]
        for case, found in candidates_of(task, routes).items()
        if case in right
    }


def _run(answers: Answers) -> dict[str, dict[str, float]]:
    return {
        case: {report_id: -float(place) for place, report_id in enumerate(found)}
        for case, found in answers.items()
    }


def _covered(
    task: Participedia, answers: Answers, methods: Mapping[str, frozenset[str]]
) -> list[float]:
    return [
        len(methods[case] & _used(task, found)) / len(methods[case])
        for case, found in answers.items()
    ]


def _used(task: Participedia, found: list[str]) -> set[str]:
    return {method for report_id in found[:SHOWN] for method in task.links[report_id]}


def _alike(found: list[str], vectors: Mapping[str, Vector]) -> bool:
    pairs = combinations(found[:SHOWN], 2)
    return any(float(vectors[one] @ vectors[other]) > ALIKE for one, other in pairs)
