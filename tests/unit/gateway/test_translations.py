import re

import pytest

from libs.taxonomy.wording import LANGUAGES, words
from services.gateway.translations import (
    FOLDER,
    chosen_language,
    preferred_language,
    read_translations,
)

TRANSLATIONS = read_translations()
ENGLISH = TRANSLATIONS["en"].texts


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_ten_have_the_same_keys_filled(language: str) -> None:
    texts = TRANSLATIONS[language].texts
    assert set(texts) == set(ENGLISH)
    assert all(value for value in texts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_places_to_fill_in(language: str) -> None:
    places = re.compile(r"\{\w*\}")
    for key, value in TRANSLATIONS[language].texts.items():
        assert sorted(places.findall(value)) == sorted(places.findall(ENGLISH[key])), key


@pytest.mark.parametrize("language", set(LANGUAGES) - {"en"})
def test_no_sentence_was_left_in_english(language: str) -> None:
    texts = TRANSLATIONS[language].texts
    sentences = [key for key, value in ENGLISH.items() if " " in value]
    assert [key for key in sentences if texts[key] == ENGLISH[key]] == []


def test_every_text_is_used() -> None:
    folder = FOLDER.parent
    sources = [*folder.glob("templates/*.html"), *folder.glob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    # Keys made of a prefix and a value stand in the source as 'prefix.' or "prefix.{".
    made = (
        "country.",
        "language.",
        "need.",
        "kind.",
        "error.",
        "fact.",
        "home.",
    )
    own = ENGLISH.keys() - words("en").keys()
    assert [key for key in own if key not in source and not key.startswith(made)] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("sv", "sv"),
        ("sv-FI,fi;q=0.8,en;q=0.5", "sv"),
        ("fr,de;q=0.3,pl;q=0.9", "pl"),
        ("no", "nb"),
        ("nn-NO,da;q=0.9", "nb"),
        ("ET", "et"),
        ("lv;q=0,lt;q=0.1", "lt"),
        ("sv;q=much,;;,fi;x=1", "en"),
        ("*", "en"),
    ],
)
def test_the_browser_s_best_known_language_is_taken(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


def test_a_link_can_only_choose_one_of_the_ten() -> None:
    assert chosen_language("lv") == "lv"
    assert chosen_language("xx") is None
    assert chosen_language(None) is None
