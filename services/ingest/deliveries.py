"""Which events were handled for a report, so that one that comes again or too late does nothing.

A broker delivers at least once, and one that lost its memory delivers everything again. An event
may also wait in its topic while the same report is changed by HTTP.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from libs.errors import InvalidInput
from services.ingest.tables import HandledEventRow, ReportRow

Detail = dict[str, str | int | float]

# An event's time may be one that UTC has no words for, such as 0001-01-01T00:00+01:00.
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event of a partner. Source and id together make it the one it is, as CloudEvents says."""

    source: str
    id: str
    time: dt.datetime

    @property
    def fingerprint(self) -> str:
        """Source and id, at a length that every index takes."""
        return hashlib.sha256(f"{self.source}\0{self.id}".encode()).hexdigest()


def detail_of(delivery: Delivery | None) -> Detail | None:
    """What a line of the history says of the event it came with."""
    if delivery is None:
        return None
    return {
        "event_source": delivery.source,
        "event_id": delivery.id,
        "event_time": delivery.time.isoformat(),
    }


def handled(session: Session, report: ReportRow, delivery: Delivery | None) -> bool:
    """True when this event was handled for the report before, with or without effect."""
    if delivery is None:
        return False
    return session.get(HandledEventRow, (report.id, delivery.fingerprint)) is not None


def check_not_overtaken(report: ReportRow, delivery: Delivery | None) -> None:
    """Raise InvalidInput for an event that is older than what was said of its report since.

    It waited while the report was changed by HTTP, or went to another partition than a later
    event. Done now, it would undo the later one.
    """
    if delivery is None or report.as_of is None or delivery.time >= report.as_of:
        return
    raise InvalidInput(
        f"a change of {report.as_of.isoformat()} was made to this report before: "
        "send what is to be true now as a new event, with a new id and the current time",
        code="out-of-date",
    )


def note(
    session: Session,
    report: ReportRow,
    delivery: Delivery | None,
    now: dt.datetime,
    *,
    effect: bool,
) -> None:
    """Note what was said of a report, by an event that is new to it, or by HTTP.

    Events count though they are without effect: done again, they might have one.
    """
    if delivery is None and not effect:
        return
    # Many clocks give whole seconds: an event of the second of a change is not older than it.
    said = delivery.time if delivery else now.replace(microsecond=0)
    report.as_of = max(report.as_of or EARLIEST, said)
    if delivery is not None:
        session.add(
            HandledEventRow(
                report_id=report.id, fingerprint=delivery.fingerprint, effect=effect, at=now
            )
        )


def forget_events(session: Session, before: dt.datetime) -> None:
    """Forget events without effect that were handled before a moment.

    Of the others there are not more than lines in the histories, and they are kept as those are.
    """
    over = HandledEventRow.effect.is_(False) & (HandledEventRow.at <= before)
    session.execute(delete(HandledEventRow).where(over))
