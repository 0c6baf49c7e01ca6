"""The encoder in our ten languages. The engine's default is English; none may get it by chance."""

import pytest

from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import SparseVector

ENCODER = Bm25Encoder()


def overlap(left: str, right: str, language: str) -> bool:
    """Whether a query finds a passage."""
    query = set(ENCODER.encode_query(left, language).indices)
    return bool(query & set(ENCODER.encode_passage(right, language).indices))


@pytest.mark.parametrize(
    ("language", "left", "right"),
    [
        ("sv", "kommuner", "kommunen"),
        ("fi", "kirjastossa", "kirjastot"),
        ("da", "kommuner", "kommunen"),
        ("nb", "kommuner", "kommunen"),
        ("no", "kommuner", "kommunen"),
        ("de", "Schulen", "Schule"),
        ("en", "libraries", "library"),
        ("sv-SE", "KOMMUNER", "kommunen"),
        ("sv_FI", "Kommuner", "kommunen"),
    ],
)
def test_forms_of_a_word_meet(language: str, left: str, right: str) -> None:
    assert overlap(left, right, language)


@pytest.mark.parametrize("language", ["et", "lv", "lt", "pl", "uk", "", "xx-YY"])
def test_languages_without_a_stemmer_keep_whole_words(language: str) -> None:
    assert overlap("ÕPPIMINE", "õppimine", language)
    assert not overlap("jobs", "job", language)
    # English stop words are ordinary words elsewhere.
    assert ENCODER.encode_query("the a was", language).indices


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", "och att det"),
        ("fi", "ja että on"),
        ("da", "og det at"),
        ("nb", "og det er"),
        ("de", "und das ist"),
        ("en", "and the is"),
        ("et", "ja ei see"),
        ("lv", "un ir kas"),
        ("lt", "ir kad yra"),
        ("pl", "i w się"),
    ],
)
def test_stop_words_are_dropped(language: str, words: str) -> None:
    assert ENCODER.encode_query(words, language) == SparseVector((), ())
    assert ENCODER.encode_passage(words.upper(), language) == SparseVector((), ())


def test_text_from_pdfs_is_composed_first() -> None:
    assert overlap("hemtjänst", "hemtja\u0308nst", "sv")
    assert overlap("fiske", "\ufb01ske", "sv")


@pytest.mark.parametrize("text", ["", " \n\t", "…!?", "\x00"])
def test_a_text_without_terms_is_empty(text: str) -> None:
    assert ENCODER.encode_query(text, "sv") == SparseVector((), ())
    assert ENCODER.encode_passage(text, "pl") == SparseVector((), ())


def test_a_frequent_term_weighs_more_and_a_long_passage_less() -> None:
    (once,) = ENCODER.encode_passage("odling", "sv").values
    (twice,) = ENCODER.encode_passage("odling odling", "sv").values
    assert once < twice < 2 * once
    long = ENCODER.encode_passage("odling " + " ".join(f"ord{n}" for n in range(200)), "sv")
    assert max(long.values) < once


def test_query_terms_weigh_one_each() -> None:
    assert ENCODER.encode_query("odling odling granne", "sv").values == (1.0, 1.0)
