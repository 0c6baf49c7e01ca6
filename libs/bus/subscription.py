"""Which topics a consumer reads: those it makes itself, and others that match as they appear."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from libs.events.partner_topics import PARTNER_PATTERN, PartnerTopics, partner_topic
from libs.events.topics import Topic


@dataclass(frozen=True, slots=True)
class Subscription:
    """Names of topics to make and read; `pattern`, if any, matches them and more."""

    topics: tuple[str, ...]
    pattern: str | None = None


def subscription_to(contracts: Iterable[Topic | PartnerTopics]) -> Subscription:
    """What a consumer that handles these has to read."""
    names: list[str] = []
    partners = False
    for contract in contracts:
        if isinstance(contract, PartnerTopics):
            partners = True
            names += map(partner_topic, contract.regions)
        else:
            names.append(contract.name)
    if not partners:
        return Subscription(tuple(names))
    # Kafka takes names or a pattern, and not both.
    return Subscription(
        tuple(names), f"^(?:{'|'.join([*map(re.escape, names), PARTNER_PATTERN])})$"
    )
