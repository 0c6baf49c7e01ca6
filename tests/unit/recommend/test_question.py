"""A question's terms are read in its own language."""

import pytest

from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from services.recommend.question import sparse_question

BM25 = Bm25Encoder()


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector()


def test_it_meets_passages_of_its_language(detector: LanguageDetector) -> None:
    question = sparse_question(BM25, detector, "Unga som inte arbetar eller studerar", None)
    passage = BM25.encode_passage("Ungdomar arbetade och studerade hos oss", "sv")
    assert set(question.indices) & set(passage.indices)


def test_a_stop_word_of_its_language_is_no_term(detector: LanguageDetector) -> None:
    # "ja" is "and" in Finnish and "yes" in Swedish.
    question = sparse_question(BM25, detector, "työn ja koulun ulkopuolella olevat nuoret", None)
    assert not set(question.indices) & set(BM25.encode_passage("ja", "sv").indices)


def test_the_given_language_is_believed(detector: LanguageDetector) -> None:
    given = sparse_question(BM25, detector, "museum", "de")
    assert given == BM25.encode_query("museum", "de")


def test_a_question_without_words_has_no_terms(detector: LanguageDetector) -> None:
    assert sparse_question(BM25, detector, "😀 …", None).indices == ()
