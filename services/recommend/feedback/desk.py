"""Takes feedback in: each verdict of each voter on each report once."""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from libs.bus.record import Record as BusRecord
from libs.clock import Clock, NewId
from libs.database import outbox
from libs.database.engine import Database
from libs.errors import FieldError, InvalidInput, NotFound
from libs.events.envelope import EventPayload
from libs.events.feedback import FeedbackReceipt, FeedbackRequest, Verdict
from libs.events.headers import reused_key
from libs.events.payloads import FeedbackGiven
from services.recommend.feedback.pace import Pace
from services.recommend.feedback.voters import Caller, voters
from services.recommend.record import Record
from services.recommend.records import ReportRecords
from services.recommend.tables import FeedbackRow

# How long a request without a credential is known again by its key alone.
RETRIED_FOR: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FeedbackDesk:
    """The desk. `committed` is called when there is something to publish."""

    database: Database
    records: ReportRecords
    record_of: Callable[[EventPayload], BusRecord]
    clock: Clock
    new_id: NewId
    pace: Pace
    committed: Callable[[], None]

    def give(
        self, given: FeedbackRequest, caller: Caller, key: str | None = None
    ) -> tuple[FeedbackReceipt, bool]:
        """The verdict as it stands, committed with its event, and whether it is a new one.

        Raises Overloaded, NotFound where no such version is readable, InvalidInput for another's
        method or a key that was used for something else, Unavailable without ingest or database.
        """
        self.pace.take(caller.bucket)
        record = self.records.record(given.report_id, given.version)
        if record is None:
            raise NotFound("There is no such report version, or it was withdrawn.")
        _check_method(given, record)
        counted = caller.tenant != record.content.partner
        try:
            receipt, new = self._keep(given, caller, key, counted=counted)
        except IntegrityError:
            # Another request was first with this vote or the day's salt: now they can be read.
            receipt, new = self._keep(given, caller, key, counted=counted)
        if new:
            self.committed()
        return receipt, new

    def _keep(
        self, given: FeedbackRequest, caller: Caller, key: str | None, *, counted: bool
    ) -> tuple[FeedbackReceipt, bool]:
        now = self.clock()
        fingerprint = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
        with self.database.write() as session:
            who = voters(session, caller, now)
            there = _kept(session, given, who, key)
            if there is None and key and caller.tenant is None:
                there = _sent_again(session, given, key, fingerprint, now - RETRIED_FOR)
            if there is not None:
                if key and there.idempotency_key == key and there.fingerprint != fingerprint:
                    raise reused_key()
                return _receipt(there), False
            row = FeedbackRow(
                id=self.new_id(),
                **given.model_dump(mode="json"),
                voter=who[0],
                anonymous=caller.tenant is None,
                counted=counted,
                idempotency_key=key,
                fingerprint=fingerprint,
                created_at=now,
            )
            session.add(row)
            outbox.append(session, self.record_of(_event(row)), now)
            return _receipt(row), True


def _check_method(given: FeedbackRequest, record: Record) -> None:
    own = {method.name for method in record.content.report.methods}
    if given.method is not None and given.method not in own:
        raise InvalidInput(
            "This report has no method of that name. Give one of its card's, or leave it out.",
            errors=(FieldError("/method", "Not one of this report's methods"),),
        )


def _kept(
    session: Session, given: FeedbackRequest, who: Sequence[str], key: str | None
) -> FeedbackRow | None:
    same_key = FeedbackRow.voter.in_(who) & (FeedbackRow.idempotency_key == key)
    same_vote = (
        (FeedbackRow.report_id == given.report_id)
        & (FeedbackRow.verdict == given.verdict.value)
        & FeedbackRow.voter.in_(who)
    )
    found = session.scalars(
        select(FeedbackRow).where(or_(same_key, same_vote) if key else same_vote)
    ).all()
    # What was said under the key comes first: it is what is asked for again.
    return next(
        (row for row in found if key and row.idempotency_key == key), next(iter(found), None)
    )


def _sent_again(
    session: Session, given: FeedbackRequest, key: str, fingerprint: str, since: dt.datetime
) -> FeedbackRow | None:
    """The same request of somebody without a name, who may have another one since.

    Her name changes with the day, and with her network.
    """
    return session.scalar(
        select(FeedbackRow)
        .where(FeedbackRow.report_id == given.report_id)
        .where(FeedbackRow.verdict == given.verdict.value)
        .where(FeedbackRow.anonymous)
        .where(FeedbackRow.idempotency_key == key, FeedbackRow.fingerprint == fingerprint)
        .where(FeedbackRow.created_at >= since)
        .limit(1)
    )


def forget_reasons(session: Session, before: dt.datetime) -> None:
    """Forget why a verdict was given, of all that are from before a moment.

    Its request's key and fingerprint go too: by them a guess at the reason could be proven.
    """
    session.execute(
        update(FeedbackRow)
        .where(FeedbackRow.created_at < before, FeedbackRow.fingerprint != "")
        .values(reason=None, idempotency_key=None, fingerprint="")
    )


def _event(row: FeedbackRow) -> FeedbackGiven:
    return FeedbackGiven(
        report_id=row.report_id,
        version=row.version,
        feedback_id=row.id,
        verdict=Verdict(row.verdict),
        counted=row.counted,
    )


def _receipt(row: FeedbackRow) -> FeedbackReceipt:
    return FeedbackReceipt(
        id=row.id,
        report_id=row.report_id,
        version=row.version,
        verdict=Verdict(row.verdict),
        created_at=row.created_at,
    )
