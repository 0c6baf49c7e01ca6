import datetime as dt

import pytest

from libs.events.report import Budget, Period, Place, Result
from libs.taxonomy.labels import label
from libs.taxonomy.wording import LANGUAGES
from services.gateway.translations import read_translations
from services.gateway.wording import Wording, mail_address

TRANSLATIONS = read_translations()


def wording(language: str) -> Wording:
    return Wording(TRANSLATIONS[language])


@pytest.mark.parametrize(
    ("value", "language", "written"),
    [
        (47.0, "sv", "47"),
        (100, "sv", "100"),
        (2019, "en", "2019"),
        (0.1 + 0.2, "fi", "0,3"),
        (1_940_000, "sv", "1\xa0940\xa0000"),
        (1_940_000.5, "en", "1,940,000.5"),
        (1_940_000, "de", "1.940.000"),
        (-3.5, "en", "\N{MINUS SIGN}3.5"),
        (float("inf"), "en", "inf"),
        ("cirka hälften", "pl", "cirka hälften"),
    ],
)
def test_numbers(value: float | str, language: str, written: str) -> None:
    assert wording(language).number(value) == written


def test_figures_money_sizes_and_durations() -> None:
    words = wording("sv")
    assert words.figure(Result(value=55, unit="%")) == "55\xa0%"
    assert words.figure(Result(value=55)) == "55"
    assert words.figure(Result(text="Bättre.")) == ""
    assert words.money(Budget(amount=12_500, currency="EUR")) == "12\xa0500\xa0EUR"
    assert [words.size(size) for size in (1, 4_200, 1_250_000)] == [
        "1\xa0kB",
        "4\xa0kB",
        "1,2\xa0MB",
    ]
    durations = [words.duration(ns) for ns in (0, 43_000, 2_540_000, 1_234_000_000)]
    assert durations == ["0\xa0ms", "0,04\xa0ms", "2,5\xa0ms", "1,23\xa0s"]


def test_periods_with_open_ends() -> None:
    words, first, last = wording("fi"), dt.date(2018, 2, 1), dt.date(2020, 1, 31)
    dash = "\N{EN DASH}"
    assert words.years(Period(start=first, end=last)) == f"2018{dash}2020"
    assert words.years(Period(start=first)) == f"2018{dash}"
    assert words.years(Period(end=last)) == f"{dash}2020"
    assert words.years(Period(start=first, end=first)) == "2018"
    assert words.years(Period()) == ""
    assert words.days(Period(start=first)) == f"01.02.2018 {dash}"
    assert words.days(Period()) == ""


def test_places_and_languages_that_the_translations_do_not_name_keep_their_code() -> None:
    words = wording("lv")
    assert words.place(Place(country="SE", name="Umeå")) == "Umeå, Zviedrija"
    assert words.place(Place(country="PT")) == "PT"
    assert words.language("en-GB") == "angļu"
    assert words.language("mt") == "mt"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_taxonomy_speaks_all_ten_languages(language: str) -> None:
    names = {label("themes", "housing", language), label("sdgs", 11, language)}
    assert len(names) == 2
    assert label("target_groups", "young-people", language)


def test_a_label_outside_the_taxonomy() -> None:
    assert label("themes", "housing", "fr") == "Housing"
    assert label("themes", "night-trains", "sv") == "night trains"


def test_a_mail_address_says_nothing_but_the_address() -> None:
    assert mail_address("a.b+c@example.org") == "mailto:a.b%2Bc@example.org"
    assert "?" not in mail_address("a@b?subject=x")
