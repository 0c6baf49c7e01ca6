"""The measures, the fusion and the split that rankings are judged by."""

import math

import numpy as np
import pytest

from libs.vectors.port import SparseVector
from quality.measures import gain, measured
from quality.method_identity import best_threshold
from quality.method_routes import both
from quality.participedia import Participedia, in_test
from quality.signals import NOT_FOUND, bm25_scores, fused, ranked


def test_measures_are_those_of_a_ranking_computed_by_hand() -> None:
    run = {"q": {"a": 3.0, "b": 2.0, "c": 1.0}}
    found = measured(run, {"q": {"b"}, "unanswered": {"x"}})
    assert found["MRR"] == pytest.approx(0.5 / 2)
    assert found["nDCG@10"] == pytest.approx(1 / math.log2(3) / 2)
    assert found["recall@20"] == pytest.approx(1 / 2)


def test_a_gain_that_is_the_same_everywhere_has_no_width() -> None:
    right = {"q": {"a"}, "r": {"a"}}
    worse, better = ({q: {"a": score, "b": 0.5} for q in right} for score in (0.1, 0.9))
    found = gain(better, worse, right, "MRR")
    assert (found.mean, found.low, found.high) == (0.5, 0.5, 0.5)


def test_a_gain_is_uncertain_where_questions_differ() -> None:
    right = {str(number): {"a"} for number in range(20)}
    half = {q: {"a": float(int(q) % 2), "b": 0.5} for q in right}
    found = gain(half, {q: {"a": 0.0, "b": 0.5} for q in right}, right, "MRR")
    assert found.mean == pytest.approx(0.25)
    assert 0 < found.low < 0.25 < found.high < 0.5


def test_words_count_and_another_language_is_not_expected_to_have_them() -> None:
    question = SparseVector((1,), (1.0,), ("sv",))
    dense, sparse = np.array([[0.5, 0.5, 0.52]]), np.array([[0.0, 5.0, 0.0]])
    plain, with_word, finnish = fused(dense, sparse, [question], ["sv", "sv", "fi"])[0]
    # Half of the words' quarter for a score of five, and for Finnish what Swedish has on average.
    assert [plain, with_word] == pytest.approx([0.375, 0.375 + 0.125])
    assert finnish == pytest.approx(0.39 + 0.25 * 0.25)


def test_a_report_is_ranked_by_its_best_text_that_was_found() -> None:
    scores = np.array([0.1, 0.4, NOT_FOUND])
    assert ranked(scores, ["a", "a", "b"]) == {"a": 0.4}


def test_the_threshold_is_where_most_that_is_taken_is_the_same() -> None:
    close = np.array([0.9, 0.8, 0.7, 0.6], dtype=np.float32)
    assert best_threshold(close, np.array([True, True, False, False])) == pytest.approx(0.8)
    assert best_threshold(close, np.array([True, False, True, True])) == pytest.approx(0.6)


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
