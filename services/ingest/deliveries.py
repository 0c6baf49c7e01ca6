"""The event that a change came with, kept in the report's history: a second time it does nothing.

A broker delivers at least once, and one that lost its memory delivers everything again.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from libs.errors import InvalidInput
from services.ingest import store

Detail = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event of a partner. Source and id together make it the one it is, as CloudEvents says."""

    source: str
    id: str
    time: dt.datetime


def detail_of(delivery: Delivery | None) -> Detail | None:
    """What a line of the history says of the event it came with."""
    if delivery is None:
        return None
    return {
        "event_source": delivery.source,
        "event_id": delivery.id,
        "event_time": delivery.time.isoformat(),
    }


def known(session: Session, report_id: str, delivery: Delivery | None) -> bool:
    """True when the report's history has this event already.

    Raises InvalidInput for one that is older than an event in it. It was overtaken: it went to
    another partition, or was without effect when it came first. Done now, it would undo the
    later one.
    """
    if delivery is None:
        return False
    handled = [entry.detail for entry in store.history(session, report_id)]
    handled = [detail for detail in handled if "event_id" in detail]
    if any(
        (detail["event_source"], detail["event_id"]) == (delivery.source, delivery.id)
        for detail in handled
    ):
        return True
    times = [dt.datetime.fromisoformat(str(detail["event_time"])) for detail in handled]
    if times and delivery.time < max(times):
        raise InvalidInput(
            f"an event of {max(times).isoformat()} was handled for this report before: "
            "send what is to be true now as a new event, with a new id and the current time",
            code="out-of-date",
        )
    return False
