"""Numbers with their units, as ten languages write them."""

import math

import pytest
from hypothesis import given
from hypothesis.strategies import from_regex, sampled_from

from libs.events.report import Section
from services.embed.passages import Span
from services.embed.sorting.indicators import _NUMBER, indicators, read_number


def read(text: str, language: str) -> list[tuple[float | None, str | None]]:
    section = Section(text=text)
    found = indicators(0, section, Span(0, len(text)), language)
    return [(each.number, each.unit) for each in found]


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("17,8", "sv", 17.8),
        ("17.8", "en", 17.8),
        ("17.8", "sv", 17.8),
        ("1,234", "en", 1234),
        ("1,234", "sv", 1.234),
        ("1.500", "de", 1500),
        ("1.234,5", "de", 1234.5),
        ("1,234.5", "en", 1234.5),
        ("1,234.50", "sv", 1234.5),
        ("1.234,50", "en", 1234.5),
        ("1,234,567", "sv", 1234567),
        ("-1.234,567.89", "de", -1234567.89),
        ("12 345", "fi", 12345),
        ("12\u00a0345,6", "fi", 12345.6),
        ("12\u202f345", "pl", 12345),
        ("2.412.000", "da", 2412000),
        ("1'234", "de", 1234),
        ("\u22123,5", "nb", -3.5),
    ],
)
def test_a_number_has_the_value_that_its_language_gives_it(
    text: str, language: str, value: float
) -> None:
    assert read_number(text, language) == value


@given(from_regex(_NUMBER, fullmatch=True, alphabet="0123456789., ’-"), sampled_from(["sv", "en"]))
def test_whatever_is_found_as_a_number_has_a_value(text: str, language: str) -> None:
    assert math.isfinite(read_number(text[:100], language))


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("Två år senare bodde 63 procent av hushållen kvar.", "sv", 63),
        ("Andelen steg till 17,8 % på två år.", "sv", 17.8),
        ("Osallistujista 41 prosenttia jatkoi opintoja.", "fi", 41),
        ("Tellimustest 83% tehti telefoni teel.", "et", 83),
        ("Tarkvara peale kulus 56 protsenti rahast.", "et", 56),
        ("Apmeklētāju skaits pieauga par 12,5 procentiem.", "lv", 12.5),
        ("Pagalbos kreipėsi 34 procentai mokinių.", "lt", 34),
        ("Po roku pracę miało 71 procent kobiet.", "pl", 71),
        ("Der Leerstand sank um 8,5 Prozent.", "de", 8.5),
        ("Genbruget steg med 22 pct. på et år.", "da", 22),
        ("Andelen økte til 68 prosent.", "nb", 68),
        ("The share rose to 43 per cent in a year.", "en", 43),
    ],
)
def test_a_percentage_is_read_in_ten_languages(text: str, language: str, value: float) -> None:
    assert read(text, language) == [(value, "%")]


def test_a_percentage_comes_before_a_count() -> None:
    assert read("Of 4,905 voters 61% had never been to a meeting.", "en") == [(61, "%")]


def test_a_share_in_figures_keeps_its_whole() -> None:
    assert read("Det gick bra för 9 av 10 i gruppen.", "sv") == [(9, "/ 10")]


def test_a_share_in_words_is_left_alone() -> None:
    assert read("Fem av tio deltagare fick arbete.", "sv") == []


@pytest.mark.parametrize(
    "text",
    [
        "Det började den 31 oktober 2021 i Kalix.",
        "I 2023 kommuner var det annorlunda.",
        "Ring 0921-123 45.",
        "Se 3.2.1 i bilagan.",
        "Inga siffror alls.",
        "🙂 5 🙂",
    ],
)
def test_dates_years_and_numbers_of_chapters_count_nothing(text: str) -> None:
    assert read(text, "sv") == []
