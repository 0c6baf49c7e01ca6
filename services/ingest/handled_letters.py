"""Which dead letters were dealt with: reads and writes of their table."""

import datetime as dt
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from libs.bus.letter import Letter
from libs.events.letters import Handled
from services.ingest.tables import HandledLetterRow

Verdict = Literal["retried", "dropped"]
Mark = tuple[str, int, int, str]
"""What names a letter: topic, partition, offset and fingerprint."""


def mark_of(letter: Letter) -> Mark:
    """The letter's name."""
    message = letter.message
    return message.topic, message.partition, message.offset, letter.fingerprint


def handled_marks(session: Session) -> set[Mark]:
    """The names of all letters that were dealt with."""
    row = HandledLetterRow
    found = session.execute(select(row.topic, row.partition, row.offset, row.fingerprint))
    return {(topic, partition, offset, mark) for topic, partition, offset, mark in found}


def handled(session: Session, letter: Letter) -> Handled | None:
    """What was done with a letter."""
    row = session.get(HandledLetterRow, mark_of(letter))
    return Handled(verdict=row.verdict, reason=row.reason, at=row.at) if row else None


def mark(
    session: Session,
    letter: Letter,
    verdict: Verdict,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    """Note what was done with a letter. A later verdict takes the place of an earlier one."""
    topic, partition, offset, fingerprint = mark_of(letter)
    session.merge(
        HandledLetterRow(
            topic=topic,
            partition=partition,
            offset=offset,
            fingerprint=fingerprint,
            verdict=verdict,
            reason=reason,
            at=now,
        )
    )


def forget_marks(session: Session, before: dt.datetime) -> None:
    """Forget what was done before a moment. The letters must be gone from their topics by then."""
    session.execute(delete(HandledLetterRow).where(HandledLetterRow.at <= before))
