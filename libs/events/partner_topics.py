"""The partners' own topics: one contract, and one topic for each region."""

import re
from dataclasses import dataclass

from libs.events.envelope import CloudEvent
from libs.events.partner import REGION, PartnerEvent, read_partner_event

# A contract's name, beside those of the topics.
PARTNER_REPORTS = "partner.reports.v1"
PARTNER_ADDRESS = "partner.{region}.reports.v1"
PARTNER_PATTERN = PARTNER_ADDRESS.replace(".", r"\.").replace("{region}", f"({REGION})")


@dataclass(frozen=True, slots=True)
class FromPartner:
    """An event, and the region whose topic it stands in."""

    region: str
    event: PartnerEvent


@dataclass(frozen=True, slots=True)
class PartnerTopics:
    """Stands for all of them among a consumer's topics.

    Those of `regions` are made here; others are read as soon as somebody has made them.
    """

    regions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The contract's name."""
        return PARTNER_REPORTS

    def read(self, topic: str, event: CloudEvent) -> FromPartner:
        """What a handler of these topics gets. Raises InvalidInput."""
        return FromPartner(region_of(topic) or "", read_partner_event(event))


def partner_topic(region: str) -> str:
    """The topic of a region."""
    return PARTNER_ADDRESS.format(region=region)


def region_of(topic: str) -> str | None:
    """The region whose topic this is; None for one that is no partner's."""
    found = re.fullmatch(PARTNER_PATTERN, topic)
    return found[1] if found else None
