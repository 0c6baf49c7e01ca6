"""When to try again, and when to give up."""

import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

# Beyond this exponent every delay is at its maximum, and the power would overflow one day.
_MAX_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential delays in seconds; `jitter` gives numbers from [0, 1)."""

    initial_s: float
    max_s: float
    jitter: Callable[[], float]

    def delay(self, attempt: int) -> float:
        """Seconds to wait after this failed attempt (from 1): half of it fixed, half drawn."""
        full = min(self.max_s, self.initial_s * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS))
        return full * (0.5 + 0.5 * self.jitter())


@dataclass(frozen=True, slots=True)
class Trouble:
    """What has gone wrong with one message so far."""

    first_failure: dt.datetime
    attempts: int = 0
    bugs: int = 0

    def again(self, *, bug: bool) -> "Trouble":
        """The same after one more failed attempt."""
        return replace(self, attempts=self.attempts + 1, bugs=self.bugs + bug)


class DeadLetterLimit:
    """Stops a bad release from draining a topic into its dead letters.

    Only bugs count: invalid input is the sender's fault, however much there is of it.
    """

    def __init__(self, *, ratio: float, window: int) -> None:
        self._most = ratio * window
        self._recent: deque[bool] = deque(maxlen=window)

    @property
    def reached(self) -> bool:
        """True when one more message lost to a bug would be over the limit."""
        recent = list(self._recent)
        if len(recent) == self._recent.maxlen:
            recent = recent[1:]
        return sum(recent) + 1 > self._most

    def anew(self) -> "DeadLetterLimit":
        """The same limit, with nothing counted yet."""
        window = self._recent.maxlen or 1
        return DeadLetterLimit(ratio=self._most / window, window=window)

    def count(self, *, bug: bool) -> None:
        """Note a message that is over and done with."""
        self._recent.append(bug)
