"""Amounts in another currency."""

import pytest

from libs.events.report import Budget
from quality.rates import WHOLE_YEAR, averages
from services.recommend.money import exchanged, rates


def test_an_amount_goes_through_the_euro_and_back() -> None:
    kroner = exchanged(Budget(amount=200_000, currency="SEK"), "NOK")
    assert kroner is not None
    back = exchanged(kroner.budget, "SEK")
    assert back is not None
    assert back.budget.amount == pytest.approx(200_000, rel=0.01)


def test_the_euro_itself_is_one() -> None:
    zloty = rates()["PLN"]
    found = exchanged(Budget(amount=1_000, currency="EUR"), "PLN")
    assert found is not None
    assert found.year == zloty.year
    assert found.budget.amount == pytest.approx(1_000 * zloty.per_euro, rel=0.01)


def test_a_currency_of_before_the_euro_has_its_last_year() -> None:
    found = exchanged(Budget(amount=15_646.6, currency="EEK"), "EUR")
    assert found is not None
    assert (found.budget.amount, found.year) == (1_000, 2010)


@pytest.mark.parametrize(("one", "other"), [("UAH", "EUR"), ("EUR", "XXX"), ("EUR", "EUR")])
def test_without_a_rate_nothing_is_said(one: str, other: str) -> None:
    assert exchanged(Budget(amount=1, currency=one), other) is None


def test_rates_are_means_of_the_last_whole_year() -> None:
    days = [("2024", 10.0)] * WHOLE_YEAR + [("2025", 12.0)] * WHOLE_YEAR + [("2026", 99.0)] * 9
    rows = [
        {"Date": f"{year}-01-01", "SEK": str(rate), "TRY": "5", "DKK": "N/A"} for year, rate in days
    ]
    assert averages(rows) == {"SEK": {"year": 2025, "per_euro": 12.0}}
