"""How sure it is that a collection has something for a question."""

from uuid import UUID

import numpy as np
import pytest

from libs.vectors.port import PassageHit
from services.recommend.closeness import Closeness, load_closeness, nearness

NUMBERS = Closeness(np.array([2.0, 0.0], np.float32), nearness_weight=4.0, bias=-2.0, floor=0.5)
HERE, ELSEWHERE = np.array([1.0, 0.0], np.float32), np.array([-1.0, 0.0], np.float32)


def hit(report: str, similarity: float | None) -> PassageHit:
    return PassageHit(UUID(int=1), 1.0, similarity, {"report_id": report})


def test_the_three_nearest_projects_count_by_their_best_passage() -> None:
    hits = [hit("a", 0.2), hit("a", 0.6), hit("b", 0.3), hit("c", 0.3), hit("d", 0.1)]
    assert nearness(hits) == pytest.approx(0.4)
    assert nearness(hits[:2]) == pytest.approx(0.6)
    assert nearness([hit("a", None)]) == nearness([]) == 0.0


def test_it_grows_with_what_is_near_and_with_what_is_asked() -> None:
    near, far = [hit("a", 0.6)], [hit("a", 0.1)]
    assert NUMBERS.of(HERE, near) > NUMBERS.of(HERE, far) > NUMBERS.of(ELSEWHERE, far)
    assert not NUMBERS.refuses(HERE, near)
    assert NUMBERS.refuses(ELSEWHERE, near)
    assert 0.0 < NUMBERS.of(-1000 * HERE, near) < NUMBERS.of(1000 * HERE, near) < 1.0


def test_what_finds_nothing_is_refused() -> None:
    assert NUMBERS.of(HERE, []) == 0.0
    assert NUMBERS.refuses(HERE, [])


def test_there_are_no_numbers_for_a_model_that_they_were_not_made_for() -> None:
    assert load_closeness("another-model") is None
