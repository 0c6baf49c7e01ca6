"""The standard measures of a ranking, computed by trec_eval through ir-measures."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from scipy.stats import bootstrap

MEASURES: Final = {"nDCG@10": nDCG @ 10, "recall@20": R @ 20, "MRR": RR}
MAIN: Final = "nDCG@10"
RESAMPLES: Final = 5_000
Run = Mapping[str, Mapping[str, float]]
Right = Mapping[str, AbstractSet[str]]


@dataclass(frozen=True, slots=True)
class Gain:
    """What one ranking has more than another, and its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """As the tables have it."""
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def measured(run: Run, right: Right) -> dict[str, float]:
    """The means over all questions of `right`; one that the run has no answer for counts 0.

    `run` gives each question's answers with their scores, `right` those that are right.
    """
    found = per_question(run, right)
    return {name: sum(values.values()) / len(right) for name, values in found.items()}


def per_question(run: Run, right: Right) -> dict[str, dict[str, float]]:
    """Each measure's value for each question of `right`."""
    judged = {question: dict.fromkeys(answers, 1) for question, answers in right.items()}
    answered = {question: dict(run[question]) for question in judged if run.get(question)}
    found = {name: dict.fromkeys(judged, 0.0) for name in MEASURES}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), judged, answered):
        name = next(name for name, measure in MEASURES.items() if measure == metric.measure)
        found[name][metric.query_id] = metric.value
    return found


def gain(run: Run, other: Run, right: Right, measure: str = MAIN) -> Gain:
    """What `run` has more than `other`, with a bootstrap interval over the questions (seeded)."""
    mine, others = (per_question(each, right)[measure] for each in (run, other))
    return gain_of([mine[question] - others[question] for question in right])


def gain_of(differences: list[float]) -> Gain:
    """The mean of paired differences with its 95 % percentile bootstrap interval (Efron 1979)."""
    values = np.array(differences)
    if np.ptp(values) == 0:
        return Gain(float(values[0]), float(values[0]), float(values[0]))
    interval = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(7)
    ).confidence_interval
    return Gain(float(values.mean()), float(interval.low), float(interval.high))
