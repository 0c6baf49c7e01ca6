"""From parts to a total, transparently."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Final

from libs.events.ranking import PartName, Score, ScoredPart, ScorePart
from libs.events.report import Period
from services.recommend.ranking.weights import Weights

UNKNOWN: Final = ScorePart(value=None, code="not-told")
_DAYS_A_YEAR: Final = 365.25


def score(parts: Mapping[PartName, ScorePart], weights: Weights) -> Score:
    """The product of each part to the power of its weight; an unknown one counts as neutral."""
    scored = tuple(_scored(name, parts.get(name, UNKNOWN), weights) for name in PartName)
    total = math.prod(_counted(part, weights.neutral) for part in scored)
    return Score(parts=scored, total=total)


def freshness(period: Period | None, today: date, half_life_years: float) -> ScorePart:
    """1 for a project that goes on or ends today, and half as much with every half-life since."""
    if period is None or not (period.start or period.end):
        return ScorePart(value=None, code="no-period")
    if period.end is None:
        return ScorePart(value=1.0, code="goes-on")
    years = max(0.0, (today - period.end).days / _DAYS_A_YEAR)
    return ScorePart(value=0.5 ** (years / half_life_years), code="years-since-the-end")


def _scored(name: PartName, part: ScorePart, weights: Weights) -> ScoredPart:
    return ScoredPart(name=name, weight=weights.weights[name], value=part.value, code=part.code)


def _counted(part: ScoredPart, neutral: float) -> float:
    value = neutral if part.value is None else part.value
    # 0 ** 0 is 1: a part that does not count leaves the total as it is.
    return float(value**part.weight)
