"""The measures, the fusion and the split that rankings are judged by."""

import math

import numpy as np
import pytest

from libs.vectors.port import SparseVector
from quality.measures import measured
from quality.method_routes import bm25_scores, both, fused
from quality.participedia import Participedia, in_test


def test_measures_are_those_of_a_ranking_computed_by_hand() -> None:
    run = {"q": {"a": 3.0, "b": 2.0, "c": 1.0}}
    found = measured(run, {"q": {"b"}, "unanswered": {"x"}})
    assert found["MRR"] == pytest.approx(0.5 / 2)
    assert found["nDCG@10"] == pytest.approx(1 / math.log2(3) / 2)
    assert found["recall@20"] == pytest.approx(1 / 2)


def test_fusion_is_that_of_the_index() -> None:
    dense, sparse = np.array([[0.9, 0.1, 0.5]]), np.array([[0.0, 2.0, 1.0]])
    # Ranks 0, 2, 1 at a weight of 5, and none, 0, 1 at a weight of 1; k is 2.
    expected = [1.0, 1 / (2 / 5 + 1) + 1.0, 1 / (1 / 5 + 1) + 1 / 2]
    assert fused(dense, sparse)[0].tolist() == pytest.approx(expected)


def test_a_rare_term_weighs_more() -> None:
    texts = [SparseVector((1, 2), (1.0, 1.0)), SparseVector((1,), (1.0,))]
    rare, common = bm25_scores(
        [SparseVector((2,), (1.0,)), SparseVector((1, 9), (1.0, 1.0))], texts
    )
    assert rare[0] > common[0] > 0
    assert rare[1] == 0


def test_a_route_without_any_score_adds_nothing() -> None:
    nothing, scores = np.zeros((1, 3)), np.array([[1.0, 2.0, 3.0]])
    assert np.argsort(both(scores, nothing, 0.5)[0]).tolist() == [0, 1, 2]


def test_no_case_is_in_both_halves_and_the_head_is_left_out() -> None:
    cases = {str(number): "text" for number in range(40)}
    right = {case: frozenset({"m", "popular"}) for case in cases}
    task = Participedia(cases, {}, right, right, frozenset({"popular"}))
    halves = [task.questions(test=test, head=False) for test in (True, False)]
    assert not halves[0].keys() & halves[1].keys()
    assert len(halves[0]) + len(halves[1]) == len(cases)
    assert set(halves[0].values()) == {frozenset({"m"})}
    assert in_test("1") is in_test("1")
