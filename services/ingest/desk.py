"""Carries out what partners ask for: each request in one transaction, under a key only once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from libs.events.report import ReportMetadata
from services.ingest.answers import Answer, receipt_answer, submission_answer
from services.ingest.entity_tags import ANYTHING, Condition
from services.ingest.idempotency import IdempotencyKeys
from services.ingest.intake import Document, Intake, digest_of


@dataclass(frozen=True, slots=True)
class Terms:
    """Who asks, under which idempotency key if any, and what has to be true before."""

    partner: str
    key: str | None = None
    condition: Condition = ANYTHING


@dataclass(frozen=True, slots=True)
class Desk:
    """The intake behind conditions and keys."""

    intake: Intake
    keys: IdempotencyKeys

    def submit(
        self, terms: Terms, submission: ReportMetadata, documents: Sequence[Document]
    ) -> Answer:
        """Record a submission.

        Raises PreconditionFailed, Conflict while the key is in use, InvalidInput where it was
        used for something else.
        """
        changed: set[str] = set()

        def work(session: Session) -> Answer:
            receipt, created = self.intake.record(
                session, terms.partner, submission, documents, terms.condition
            )
            if created:
                changed.add(receipt.report_id)
            return submission_answer(receipt, created=created)

        asked = ("submit", digest_of(submission, documents)) if terms.key else ()
        return self._carried_out(terms, asked, work, changed)

    def withdraw(self, terms: Terms, report_id: str) -> Answer:
        """Withdraw a report. Raises as `submit` does, and NotFound."""
        changed = {report_id}

        def work(session: Session) -> Answer:
            receipt = self.intake.take_back(session, terms.partner, report_id, terms.condition)
            return receipt_answer(receipt)

        return self._carried_out(terms, ("withdraw", report_id), work, changed)

    def _carried_out(
        self,
        terms: Terms,
        asked: tuple[str, ...],
        work: Callable[[Session], Answer],
        changed: set[str],
    ) -> Answer:
        if terms.key is None:
            answer = self.intake.in_transaction(work)
        else:
            name = (terms.partner, terms.key)
            fingerprint = hashlib.sha256("\0".join(asked).encode()).hexdigest()
            once = partial(self.keys.once, name=name, fingerprint=fingerprint, work=work)
            with self.keys.in_hand(*name):
                answer = self.intake.in_transaction(once)
        for report_id in changed:
            self.intake.committed(report_id)
        return answer
