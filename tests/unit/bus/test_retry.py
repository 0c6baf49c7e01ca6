import datetime as dt

from libs.bus.retry import Backoff, DeadLetterLimit, Trouble

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def test_delays_double_up_to_the_maximum() -> None:
    longest = Backoff(0.2, 30, jitter=lambda: 1.0)
    assert [longest.delay(attempt) for attempt in (1, 2, 3, 9, 5_000)] == [0.2, 0.4, 0.8, 30, 30]


def test_at_least_half_of_a_delay_is_kept() -> None:
    assert Backoff(0.2, 30, jitter=lambda: 0.0).delay(1) == 0.1


def test_trouble_counts_bugs_among_its_attempts() -> None:
    trouble = Trouble(first_failure=NOON).again(bug=False).again(bug=True)
    assert (trouble.attempts, trouble.bugs, trouble.first_failure) == (2, 1, NOON)


def test_the_limit_allows_half_of_the_window() -> None:
    limit = DeadLetterLimit(ratio=0.5, window=4)
    for _ in range(2):
        assert not limit.reached
        limit.count(bug=True)
    assert limit.reached


def test_good_events_push_old_bugs_out_of_the_window() -> None:
    limit = DeadLetterLimit(ratio=0.5, window=4)
    for bug in (True, True, False, False):
        limit.count(bug=bug)
    # The oldest bug makes room for the one in question.
    assert not limit.reached
    limit.count(bug=True)
    assert not limit.reached
    limit.count(bug=True)
    assert limit.reached


def test_a_ratio_of_one_never_stops() -> None:
    limit = DeadLetterLimit(ratio=1, window=3)
    for _ in range(10):
        assert not limit.reached
        limit.count(bug=True)


def test_a_limit_made_anew_counts_from_nothing() -> None:
    limit = DeadLetterLimit(ratio=0.5, window=4)
    for _ in range(2):
        limit.count(bug=True)
    fresh = limit.anew()
    assert (limit.reached, fresh.reached) == (True, False)
    for _ in range(2):
        fresh.count(bug=True)
    assert fresh.reached
