"""Time and ids, injected so that tests decide them."""

import datetime as dt
import uuid
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
NewId = Callable[[], str]


def utc_now() -> dt.datetime:
    """The current time with its zone (UTC)."""
    return dt.datetime.now(dt.UTC)


def random_id() -> str:
    """A new UUIDv4 as text."""
    return str(uuid.uuid4())
