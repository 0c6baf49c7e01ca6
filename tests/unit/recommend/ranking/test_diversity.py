"""One project told by many reports takes one place."""

import numpy as np

from libs.vectors.port import Vector
from services.recommend.ranking.diversity import diverse
from services.recommend.ranking.ranker import Ranked, Ranker
from services.recommend.ranking.weights import Diversity, Weights
from tests.unit.recommend.ranking.test_ranker import NOON, candidate

ON = Diversity(relevance=0.7, alike_from=0.8)
VECTORS: dict[str, Vector] = {
    "one": np.array([1, 0, 0], np.float32),
    "sister": np.array([0.995, 0.0999, 0], np.float32),
    "related": np.array([0.75, 0.6614, 0], np.float32),
    "other": np.array([0, 0, 1], np.float32),
}


def ranked(*totals: tuple[str, float]) -> list[Ranked]:
    candidates = [candidate(report_id, match) for report_id, match in totals]
    return Ranker(Weights.load(), lambda: NOON).rank(candidates)


def names(found: list[Ranked]) -> list[str]:
    return [each.found.report_id for each in found]


def test_a_sister_report_makes_room_for_others() -> None:
    found = ranked(("one", 0.6), ("sister", 0.59), ("related", 0.5), ("other", 0.45))
    assert names(diverse(found, VECTORS, ON)) == ["one", "related", "other", "sister"]


def test_what_is_only_related_stays_where_it_is() -> None:
    found = ranked(("one", 0.6), ("related", 0.59), ("other", 0.58))
    assert names(diverse(found, VECTORS, ON)) == ["one", "related", "other"]


def test_who_has_no_vector_is_like_nobody() -> None:
    found = ranked(("one", 0.6), ("new", 0.5), ("sister", 0.55))
    assert names(diverse(found, VECTORS, ON)) == ["one", "new", "sister"]
    assert names(diverse(found, {}, ON)) == ["one", "sister", "new"]


def test_it_can_be_switched_off() -> None:
    found = ranked(("one", 0.6), ("sister", 0.59), ("other", 0.1))
    off = Diversity(relevance=1.0, alike_from=0.8)
    assert names(diverse(found, VECTORS, off)) == ["one", "sister", "other"]
