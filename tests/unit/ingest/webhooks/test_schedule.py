"""When a message is sent again, and what a web server's `Retry-After` is worth."""

import datetime as dt

import pytest

from services.ingest.webhooks.schedule import DELAYS_S, next_delay, read_retry_after, rest

NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


def test_it_is_tried_ten_times_over_three_days() -> None:
    delays = [next_delay(attempts, lambda: 0.5) for attempts in range(1, 11)]
    assert delays == [*DELAYS_S, None]
    assert 3 < sum(DELAYS_S) / 86_400 < 4


def test_a_fifth_is_drawn() -> None:
    assert next_delay(2, lambda: 0.0) == pytest.approx(240)
    assert next_delay(2, lambda: 1.0) == pytest.approx(360)


def test_a_failing_webhook_rests_longer_each_time_and_five_minutes_at_most() -> None:
    assert [rest(strikes) for strikes in (1, 2, 5, 9, 10, 10_000)] == [1, 2, 16, 256, 300, 300]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        ("0", 0),
        ("-5", 0),
        ("1e9", 0),
        ("nan", 0),
        ("inf", 0),
        ("9" * 400, 86_400),
        ("²", 0),
        ("Mon, 04 May 2026 12:01:00 GMT", 60),
        ("Mon, 04 May 2026 12:01:00 -0000", 60),
        ("Mon, 04 May 2020 12:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("Mon, 99 May 2026 12:01:00 GMT", 0),
        ("soon", 0),
    ],
)
def test_retry_after(value: str | None, seconds: float) -> None:
    assert read_retry_after(value, NOW) == seconds
