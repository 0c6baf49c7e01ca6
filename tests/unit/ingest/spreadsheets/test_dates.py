"""Days as they are written in ten languages, and what of them is not understood."""

import datetime as dt

import pytest

from services.ingest.spreadsheets.dates import month_comes_first, read_date, read_period


@pytest.mark.parametrize(
    "text",
    [
        "2015-05-12",
        "2015-05-12 01:17:38",
        "2015-05-12T00:00:00Z",
        "2015.05.12.",
        "2015/5/12",
        "20150512",
        "12.05.2015",
        "12. 5. 2015",
        "12/05/2015",
        "12-5-15",
        "12 maj 2015",  # Swedish, Danish, Polish: maja
        "12. toukokuuta 2015",
        "12. mai 2015",  # Estonian, Norwegian, German
        "2015. gada 12. maijs",
        "2015 m. gegužės 12 d.",
        "12 maja 2015 r.",
        "12. Mai 15",
        "12th of May 2015",
    ],
)
def test_one_day(text: str) -> None:
    assert read_date(text) == dt.date(2015, 5, 12)


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("2020", "2020-01-01", "2020-12-31"),
        (2020, "2020-01-01", "2020-12-31"),
        ("2020.0", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("02/2020", "2020-02-01", "2020-02-29"),
        ("helmikuu 2020", "2020-02-01", "2020-02-29"),
    ],
)
def test_a_month_or_a_year_has_a_first_and_a_last_day(
    cell: str | int, first: str, last: str
) -> None:
    assert str(read_date(cell)) == first
    assert str(read_date(cell, last=True)) == last


@pytest.mark.parametrize(
    "cell",
    [
        "Aug 15",
        "31.2.2020",
        "3/25/2020",
        "våren 2020",
        "0",
        "12",
        "",
        "1 maj juni 2020",
        "9999",
        "2020-13-01",
        "2020-00",
        "x" * 1000,
        42370,
        1.5,
        float("nan"),
        True,
    ],
)
def test_what_is_not_understood_is_no_day(cell: str | float) -> None:
    assert read_date(cell) is None


def test_american_days_are_told_by_their_column() -> None:
    assert month_comes_first(["1/2/2020", "3/25/2020"])
    assert not month_comes_first(["1/2/2020", "25/3/2020", "3/25/2020"])
    assert not month_comes_first(["1/2/2020"])
    assert read_date("3/25/2020", month_first=True) == dt.date(2020, 3, 25)
    assert read_date("3.2.2020", month_first=True) == dt.date(2020, 2, 3)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2014-2020", "2014-01-01", "2020-12-31"),
        ("2019–2021", "2019-01-01", "2021-12-31"),
        ("1.3.2019 - 31.8.2021", "2019-03-01", "2021-08-31"),
        ("mars 2019 – maj 2020", "2019-03-01", "2020-05-31"),
        ("2019-03-01 till 2020-05-31", "2019-03-01", "2020-05-31"),
        ("1.3.2019 bis 31.8.2021", "2019-03-01", "2021-08-31"),
    ],
)
def test_a_period(text: str, start: str, end: str) -> None:
    assert [str(day) for day in read_period(text) or ()] == [start, end]


@pytest.mark.parametrize("cell", ["2014", "12 månader", "2014-2016-2018", 2014, "a – b"])
def test_what_is_no_period(cell: str | int) -> None:
    assert read_period(cell) is None
