"""When to send again: the schedule that the Standard Webhooks specification proposes."""

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

# Seconds after each failed attempt; three days and four hours in all.
DELAYS_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
# Of each delay, a fifth more or less is drawn, so that what failed together is not sent together.
JITTER: Final = 0.2
MAX_RETRY_AFTER_S: Final = 86_400.0
# A webhook that fails rests for a second, then two, four … and five minutes at most.
MAX_REST_S: Final = 300.0
_MAX_DOUBLINGS: Final = 10


def next_delay(attempts: int, jitter: Callable[[], float]) -> float | None:
    """Seconds until the attempt after so many failed ones; None when that was the last."""
    if attempts > len(DELAYS_S):
        return None
    return DELAYS_S[attempts - 1] * (1 + JITTER * (2 * jitter() - 1))


def rest(strikes: int) -> float:
    """Seconds for which a webhook is left alone after so many failures in a row."""
    return min(MAX_REST_S, 2.0 ** min(strikes - 1, _MAX_DOUBLINGS))


def read_retry_after(value: str | None, now: dt.datetime) -> float:
    """Seconds that a `Retry-After` header asks for, a day at most; 0 for none or nonsense."""
    if not value:
        return 0.0
    try:
        seconds = float(value) if _is_number(value) else _seconds_until(value, now)
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _seconds_until(value: str, now: dt.datetime) -> float:
    moment = parsedate_to_datetime(value)
    # RFC 9110 knows no other zone than GMT, and "-0000" is read as no zone.
    return (moment.replace(tzinfo=moment.tzinfo or dt.UTC) - now).total_seconds()
