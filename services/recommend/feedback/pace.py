"""How fast one caller may vote: a token bucket for each."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from libs.errors import Overloaded


@dataclass(slots=True)
class Pace:
    """Buckets of `burst` tokens that fill up with `per_s` a second, in memory. Thread-safe.

    Of the callers that were here longest ago those beyond `most` are forgotten, which gives them
    a full bucket again: an attacker with so many addresses is not held by their number.
    """

    burst: int
    per_s: float
    monotonic: Callable[[], float] = time.monotonic
    most: int = 10_000
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, caller: str) -> None:
        """Take one token. Raises Overloaded, with the time until there is one."""
        now = self.monotonic()
        with self._lock:
            left, at = self._left.pop(caller, (float(self.burst), now))
            left = min(self.burst, left + (now - at) * self.per_s)
            enough = left >= 1
            self._left[caller] = (left - enough, now)
            if len(self._left) > self.most:
                self._left.popitem(last=False)
        if not enough:
            raise Overloaded(
                "That is much feedback in a short time. Wait a moment and send it again.",
                retry_after=(1 - left) / self.per_s,
            )
