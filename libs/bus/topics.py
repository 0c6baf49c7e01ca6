"""Make the topics, and their dead-letter topics, as the settings say."""

import time
from collections.abc import Callable, Iterable
from contextlib import closing

from kafka import KafkaAdminClient
from kafka.admin import NewPartitions, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from libs.bus.client import broker_errors, milliseconds, open_client
from libs.bus.settings import BusSettings
from libs.errors import Unavailable
from libs.events.topics import DEAD_LETTER_SUFFIX, Topic

# A dead letter is the original and some headers; its topic must take what the first one took.
DEAD_LETTER_ROOM_BYTES = 64 * 1_024


def ensure_topics(settings: BusSettings, topics: Iterable[Topic]) -> None:
    """Make each topic and its dead-letter topic unless they are there. Safe to call again.

    A topic with fewer partitions than the settings say gets more of them. Returns when the
    broker names a leader for every partition. Raises Unavailable when no broker answers.
    """
    ensure_topic_names(settings, (topic.name for topic in topics))


def ensure_topic_names(
    settings: BusSettings,
    topics: Iterable[str],
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Like `ensure_topics`, by name. A dead-letter topic's name brings its original along."""
    originals = {name.removesuffix(DEAD_LETTER_SUFFIX) for name in topics}
    wanted = sorted(originals | {name + DEAD_LETTER_SUFFIX for name in originals})
    with (
        broker_errors(settings, "making the topics"),
        closing(open_client(KafkaAdminClient, settings, "navigator-topics")) as admin,
    ):
        deadline = monotonic() + settings.request_timeout_s
        while lacking := _lacking(admin, settings, wanted):
            if monotonic() > deadline:
                raise Unavailable(
                    f"the broker did not make the topics {', '.join(lacking)}: "
                    "check its log and this client's right to create topics",
                    code="broker-unavailable",
                )
            _make(admin, settings, lacking)
            admin.wait_for_topics(
                sorted(lacking), timeout_ms=milliseconds(settings.request_timeout_s)
            )


def _lacking(admin: KafkaAdminClient, settings: BusSettings, wanted: list[str]) -> dict[str, int]:
    """How many partitions each topic has that has too few."""
    there = set(admin.list_topics())
    # Asking for a topic that is not there would make noida-db create it with one partition.
    described = admin.describe_topics(sorted(there.intersection(wanted))) if there else []
    count = {topic["name"]: len(topic["partitions"]) for topic in described}
    return {name: count.get(name, 0) for name in wanted if count.get(name, 0) < settings.partitions}


def _make(admin: KafkaAdminClient, settings: BusSettings, lacking: dict[str, int]) -> None:
    missing = [_new_topic(settings, name) for name, count in lacking.items() if count == 0]
    small = {name: NewPartitions(settings.partitions) for name, count in lacking.items() if count}
    for topic in missing:
        # One by one, because another service may be making the same ones at this moment.
        try:
            admin.create_topics([topic])
        except TopicAlreadyExistsError:
            continue
    for name, partitions in small.items():
        try:
            admin.create_partitions({name: partitions})
        except KafkaError:
            # Another service was quicker, which the next look shows; or it may not be done.
            if name in _lacking(admin, settings, [name]):
                raise


def _new_topic(settings: BusSettings, name: str) -> NewTopic:
    dead = name.endswith(DEAD_LETTER_SUFFIX)
    keep_s = settings.dead_letter_retention_s if dead else settings.retention_s
    room = DEAD_LETTER_ROOM_BYTES if dead else 0
    return NewTopic(
        name=name,
        num_partitions=settings.partitions,
        replication_factor=settings.replication,
        topic_configs={
            "retention.ms": str(milliseconds(keep_s)),
            "max.message.bytes": str(settings.max_message_bytes + room),
        },
    )
