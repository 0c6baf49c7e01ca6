"""Make the topics, and their dead-letter topics, as the settings say."""

import logging
from collections.abc import Iterable
from contextlib import closing

from kafka import KafkaAdminClient
from kafka.admin import NewPartitions, NewTopic
from kafka.errors import InvalidPartitionsError, KafkaError, TopicAlreadyExistsError

from libs.bus.client import broker_errors, milliseconds, open_client
from libs.bus.settings import BusSettings
from libs.events.partner_topics import region_of
from libs.events.topics import DEAD_LETTER_SUFFIX

logger = logging.getLogger(__name__)

# A dead letter is the original and some headers; its topic must take what the first one took.
DEAD_LETTER_ROOM_BYTES = 64 * 1_024


def ensure_topic_names(settings: BusSettings, topics: Iterable[str]) -> None:
    """Make each topic and its dead-letter topic unless they are there. Safe to call again.

    A dead-letter topic's name brings its original along. A topic with fewer partitions than the
    settings say gets more of them, unless it is a partner's. Returns when the broker names a
    leader for every partition. Raises Unavailable when no broker answers.
    """
    originals = {name.removesuffix(DEAD_LETTER_SUFFIX) for name in topics}
    wanted = sorted(originals | {name + DEAD_LETTER_SUFFIX for name in originals})
    if not wanted:
        return
    with (
        broker_errors(settings, "making the topics"),
        closing(open_client(KafkaAdminClient, settings, "navigator-topics")) as admin,
    ):
        there = _partition_counts(admin, wanted)
        for name in wanted:
            if there.get(name, 0) < settings.partitions:
                _make(admin, settings, name, exists=name in there)
        admin.wait_for_topics(wanted, timeout_ms=milliseconds(settings.request_timeout_s))


def _partition_counts(admin: KafkaAdminClient, wanted: list[str]) -> dict[str, int]:
    # Listed first: asking noida-db about a topic that is not there may bring it into being.
    there = sorted(set(admin.list_topics()).intersection(wanted))
    described = admin.describe_topics(there) if there else []
    return {topic["name"]: len(topic["partitions"]) for topic in described}


def _make(admin: KafkaAdminClient, settings: BusSettings, name: str, *, exists: bool) -> None:
    if not exists:
        try:
            admin.create_topics([_new_topic(settings, name)])
        except TopicAlreadyExistsError:
            # Another service was quicker, or noida-db made it by itself with one partition.
            pass
        else:
            return
    if region_of(name):
        # It holds what nobody has read yet: with more partitions a report's next event could
        # overtake the one before.
        return
    try:
        admin.create_partitions({name: NewPartitions(settings.partitions)})
    except InvalidPartitionsError:
        # Another service was quicker: the topic has as many already.
        return
    except KafkaError as error:
        # It is not ours to do; the topic works as it is.
        logger.info(
            "the topic keeps its partitions", extra={"topic": name, "error": type(error).__name__}
        )


def _new_topic(settings: BusSettings, name: str) -> NewTopic:
    dead = name.endswith(DEAD_LETTER_SUFFIX)
    room = DEAD_LETTER_ROOM_BYTES if dead else 0
    if dead:
        keep_s = settings.dead_letter_retention_s
    else:
        keep_s = settings.partner_retention_s if region_of(name) else settings.retention_s
    return NewTopic(
        name=name,
        num_partitions=settings.partitions,
        replication_factor=settings.replication,
        topic_configs={
            "retention.ms": str(milliseconds(keep_s)),
            "max.message.bytes": str(settings.max_message_bytes + room),
        },
    )
