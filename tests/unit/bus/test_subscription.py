import re

import pytest

from libs.bus.subscription import subscription_to
from libs.events.partner_topics import PartnerTopics, partner_topic, region_of
from libs.events.topics import REPORTS_INDEXED, REPORTS_REJECTED


def test_topics_are_read_by_name() -> None:
    found = subscription_to([REPORTS_INDEXED, REPORTS_REJECTED])
    assert found.topics == (REPORTS_INDEXED.name, REPORTS_REJECTED.name)
    assert found.pattern is None


def test_partners_topics_are_read_by_pattern_and_those_that_are_known_are_made() -> None:
    found = subscription_to([PartnerTopics(("norr", "syd"))])
    assert found.topics == ("partner.norr.reports.v1", "partner.syd.reports.v1")
    assert found.pattern
    assert re.match(found.pattern, "partner.soedra-savolax.reports.v1")


@pytest.mark.parametrize(
    "name",
    [
        "partner.norr.reports.v1.dlq",
        "partner.norr.reports.v2",
        "partner.Norr.reports.v1",
        "partner..reports.v1",
        "partner.a.b.reports.v1",
        "partnerXnorrXreportsXv1",
        "reports.submitted.v1",
        "x.partner.norr.reports.v1",
        f"partner.{'a' * 65}.reports.v1",
        "partner.norr.reports.v1\n",
    ],
)
def test_other_topics_are_nobodys(name: str) -> None:
    pattern = subscription_to([PartnerTopics()]).pattern
    assert pattern
    assert not re.fullmatch(pattern, name)
    assert region_of(name) is None


def test_a_region_is_found_in_the_name_of_its_topic() -> None:
    assert region_of(partner_topic("soedra-savolax")) == "soedra-savolax"
