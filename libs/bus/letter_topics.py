"""Sees that what is read has a dead-letter topic; a topic that cannot get one waits alone."""

import logging
import time
from collections.abc import Callable, Iterable

from libs.bus.settings import BusSettings
from libs.bus.topics import ensure_topic_names
from libs.errors import Unavailable

logger = logging.getLogger(__name__)

# For a topic that was refused: all others stand still meanwhile.
SHORT_S = 2.0


class LetterTopics:
    """Of one session. `made` are the topics that are known to be there with theirs."""

    def __init__(
        self,
        settings: BusSettings,
        made: Iterable[str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._again_s = settings.backoff_max_s
        shorter = min(settings.request_timeout_s, SHORT_S)
        self._short = settings.model_copy(update={"request_timeout_s": shorter})
        self._made = set(made)
        self._refused: dict[str, float] = {}
        self._monotonic = monotonic

    def lacking(self, topics: Iterable[str]) -> set[str]:
        """Which of these cannot be read now. They are made where they are not there.

        One whose rights or leaders are wrong is tried again later, one in a call and shortly, so
        that it holds up nobody else for long.
        """
        wanted = set(topics) - self._made
        if new := wanted - self._refused.keys():
            self._make(new)
        now = self._monotonic()
        due = [topic for topic in wanted if self._refused.get(topic, now + 1) <= now]
        for topic in due[:1]:
            self._make_alone(topic)
        return wanted & self._refused.keys()

    def _make(self, topics: set[str]) -> None:
        try:
            ensure_topic_names(self._settings, topics)
        except Unavailable:
            # One of them, or the broker: each is tried alone next.
            self._refused |= dict.fromkeys(topics, self._monotonic())
        else:
            self._made |= topics

    def _make_alone(self, topic: str) -> None:
        try:
            ensure_topic_names(self._short, [topic])
        except Unavailable as error:
            logger.warning(
                "a topic waits: its dead-letter topic cannot be made, or has no leader",
                extra={"topic": topic, "reason": error.detail},
            )
            self._refused[topic] = self._monotonic() + self._again_s
        else:
            del self._refused[topic]
            self._made.add(topic)
