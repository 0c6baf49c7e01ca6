"""The standard measures of a ranking, computed by trec_eval through ir-measures."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import ir_measures
from ir_measures import RR, R, nDCG

MEASURES: Final = {"nDCG@10": nDCG @ 10, "recall@20": R @ 20, "MRR": RR}
Run = Mapping[str, Mapping[str, float]]


def measured(run: Run, right: Mapping[str, AbstractSet[str]]) -> dict[str, float]:
    """The means over all questions of `right`; one that the run has no answer for counts 0.

    `run` gives each question's answers with their scores, `right` those that are right.
    """
    judged = {question: dict.fromkeys(answers, 1) for question, answers in right.items()}
    answered = {question: dict(run[question]) for question in judged if run.get(question)}
    found = dict.fromkeys(MEASURES, 0.0)
    for metric in ir_measures.iter_calc(list(MEASURES.values()), judged, answered):
        name = next(name for name, measure in MEASURES.items() if measure == metric.measure)
        found[name] += metric.value
    return {name: value / len(judged) for name, value in found.items()}
