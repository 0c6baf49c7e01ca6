"""The one order that both engines give."""

from uuid import UUID

import numpy as np
import pytest

from libs.vectors.fusion import fuse, fused_scores

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def test_a_rare_word_alone_counts_more_than_one_of_many() -> None:
    similarity, words = np.array([0.5]), np.array([10.0])
    own = np.array([True])
    alone, one_of_many = (fused_scores(similarity, words, own, terms)[0] for terms in (1, 30))
    assert alone == pytest.approx(0.75 * 0.5 + 0.25 * 10 / 15)
    assert one_of_many == pytest.approx(0.75 * 0.5 + 0.25 * 10 / 50)


def test_shared_words_of_another_language_count_where_they_are_more_than_expected() -> None:
    similarity = np.array([0.5, 0.5, 0.5])
    words = np.array([5.0, 45.0, 0.0])
    own = np.array([True, False, False])
    expected, name, nothing = fused_scores(similarity, words, own, 1)
    assert name > expected == nothing


def test_without_a_passage_in_her_language_words_count_as_they_are() -> None:
    scores = fused_scores(np.array([0.5, 0.5]), np.array([5.0, 0.0]), np.array([False, False]), 1)
    assert scores.tolist() == pytest.approx([0.5, 0.375])


def test_equal_scores_are_ordered_by_similarity_and_then_always_alike() -> None:
    # 0.75 x 0.1 more in meaning is what 0.25 x 3 / 10 more in words is.
    words = {B: 15.0 * 3 / 7}
    first = fuse({A: 0.6, B: 0.5, C: 0.6}, words, None, 3, limit=3)
    assert [hit.id for hit in first] == [A, C, B]
    again = fuse({C: 0.6, B: 0.5, A: 0.6}, words, None, 3, limit=2)
    assert [hit.id for hit in again] == [A, C]


def test_nothing_found_is_no_hit() -> None:
    assert fuse({}, {}, None, 0, limit=5) == []
