"""Answers in the language that was asked for, without a word of a quotation changed."""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from libs.events.cards import EvidenceGrade, StatementKind
from libs.events.fit import Fit
from libs.events.ranking import PartName
from libs.events.report import Outcome
from libs.taxonomy.wording import LANGUAGES, words
from libs.vectors.port import PassageHit
from services.recommend.cards import in_language

SOURCES = Path("services/recommend")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_an_answer_is_made_of_has_words(language: str) -> None:
    known = words(language)
    parts = set(Fit.model_fields) - {"overall", "staff", "converted", "compared_with"}
    keys = {
        *(f"ranking.{name}" for name in PartName),
        *(f"statement.{kind}" for kind in StatementKind),
        *(f"evidence.{grade}" for grade in EvidenceGrade),
        *(f"outcome.{outcome}" for outcome in Outcome),
        *(f"fit.{name}" for name in parts),
    }
    assert keys <= known.keys()
    assert all(text.strip() for text in known.values())
    assert known.keys() == words("en").keys()


def test_every_code_that_the_source_gives_has_words() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    codes = set(re.findall(r'code="([a-z-]+)"', source))
    assert len(codes) > 5
    assert {f"code.{code}" for code in codes} <= words("en").keys()


def test_another_language_is_none_of_the_ten() -> None:
    with pytest.raises(KeyError):
        words("../en")


def hit(language: str | None, similarity: float | None) -> PassageHit:
    return PassageHit(uuid4(), 1.0, similarity, {"language": language or ""})


def test_the_asker_s_language_goes_first_where_it_is_near_enough() -> None:
    finnish, swedish, english = hit("fi", 0.60), hit("sv-FI", 0.55), hit("en", 0.5)
    found = [finnish, swedish, english]
    assert in_language(found, "sv") == [swedish, finnish, english]
    assert in_language(found, "fi") == found
    assert in_language(found, None) == found
    assert in_language(found, "lt") == found


def test_a_far_passage_stays_behind_whatever_its_language() -> None:
    near, far, unknown = hit("fi", 0.60), hit("sv", 0.20), hit("sv", None)
    assert in_language([near, far, unknown], "sv") == [near, far, unknown]
