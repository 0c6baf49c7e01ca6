"""Amounts of money as they are written, and what of them is not understood."""

import pytest

from services.ingest.spreadsheets.numbers import (
    Money,
    currency_of,
    decimal_mark,
    read_money,
    told_by_header,
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("15.414.794", 15_414_794),  # Denmark, Germany
        ("64029231,00", 64_029_231),  # Latvia
        ("1 234 567,89", 1_234_567.89),  # Sweden, Finland, Poland: blanks that do not break
        ("1\u00a0234\u202f567", 1_234_567),
        ("2,494.50", 2_494.5),  # England
        ("1'000.50", 1_000.5),
        ("1.234", 1_234),
        ("1234.5", 1_234.5),
        ("39666.667", 39_666.667),
        ("5 000:-", 5_000),
        ("500,-", 500),
        ("0", 0),
    ],
)
def test_numbers(text: str, amount: float) -> None:
    assert read_money(text) == Money(amount)


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("3 mkr", Money(3, "kr", 1e6)),
        ("500 tkr", Money(500, "kr", 1e3)),
        ("2,5 MEUR", Money(2.5, "EUR", 1e6)),
        ("€ 1.2m", Money(1.2, "EUR", 1e6)),
        ("3,5 milj. €", Money(3.5, "EUR", 1e6)),
        ("1,2 Mio. EUR", Money(1.2, "EUR", 1e6)),
        ("2 tys. zł", Money(2, "PLN", 1e3)),
        ("100 tūkst. EUR", Money(100, "EUR", 1e3)),
        ("SEK 12 000", Money(12_000, "SEK")),
        ("12.000 kr.", Money(12_000, "kr")),
    ],
)
def test_money_with_its_unit_and_currency(text: str, money: Money) -> None:
    assert read_money(text) == money


@pytest.mark.parametrize(
    "text",
    [
        "ca 3 mkr",
        "3-4 mkr",
        "50%",
        "12 34",
        "-5",
        "okänt",
        "",
        "1,2,3",
        "1.23.456",
        "9" * 100,
        "5 EUR SEK",
        "5 t t",
        "1²",
        True,
        float("nan"),
        float("inf"),
        -1,
    ],
)
def test_what_is_not_understood_is_no_amount(text: str | float) -> None:
    assert read_money(text) is None


def test_the_column_tells_what_a_lone_mark_means() -> None:
    assert decimal_mark(["666.667", "39666.5"]) == "."
    assert read_money("666.667", ".") == Money(666.667)
    assert decimal_mark(["666.667", "1.000,50"]) == ","
    assert read_money("666.667", ",") == Money(666_667)
    assert decimal_mark(["1.5", "1,5"]) is None


@pytest.mark.parametrize(
    ("header", "unit", "currency"),
    [
        ("Budget (tkr)", 1e3, "kr"),
        ("Total project costs £m", 1e6, "GBP"),
        ("beviljat_belopp_sek", None, "SEK"),
        ("Budget, 1 000 EUR", 1e3, "EUR"),
        ("Kosten in Mio. €", 1e6, "EUR"),
        ("Wartość projektu (PLN)", None, "PLN"),
        ("Budjetti, t€", 1e3, "EUR"),
        ("Kopējais finansējums", None, None),
        ("Budget 10 000 000", None, None),
    ],
)
def test_a_header_tells_unit_and_currency(
    header: str, unit: float | None, currency: str | None
) -> None:
    assert told_by_header(header) == (unit, currency)


def test_currencies_have_many_names() -> None:
    assert [currency_of(text) for text in ("EUR", "euro", " zł ", "Kr", "tusen")] == [
        "EUR",
        "EUR",
        "PLN",
        "kr",
        None,
    ]
