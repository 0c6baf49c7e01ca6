"""Reports from partners' own topics, taken in exactly as those that come by HTTP."""

import datetime as dt
from dataclasses import dataclass

from libs.bus.consumer import Handler
from libs.errors import FieldError, InvalidInput, NotFound, Overloaded
from libs.events.envelope import EventPayload
from libs.events.partner import (
    InlineDocument,
    PartnerReport,
    PartnerReportSubmitted,
    PartnerWithdrawal,
)
from libs.events.partner_topics import FromPartner, PartnerTopics
from libs.events.report import ReportMetadata, ReportSubmission
from services.ingest.backlog import in_progress
from services.ingest.deliveries import Delivery
from services.ingest.identity import report_id
from services.ingest.intake import Document, Intake
from services.ingest.parsing.detection import sniff
from services.ingest.places import check_places
from services.ingest.submissions import check_taxonomy, plain_filename

# The consumer group: its own, so that no load of partners delays the events between services.
GROUP = "ingest-partners"
LOOK_AGAIN_S = 1.0
# No event could follow one of next year.
CLOCKS_DIFFER = dt.timedelta(hours=1)
_TEXT_FIELDS = {"text", "sections", "documents"}


@dataclass(frozen=True, slots=True)
class PartnerReports:
    """The handler of all partners' topics. Events that are wrong become dead letters of theirs.

    While `most` reports of a partner are in progress, its next ones wait in its topic: behind
    them in the queues between services everybody else would wait too.
    """

    intake: Intake
    most: int

    def by_topic(self, regions: tuple[str, ...]) -> dict[PartnerTopics, Handler]:
        """Which handler takes the events of which topics; those of `regions` are made."""
        return {PartnerTopics(regions): self.on_partner_event}

    def on_partner_event(self, given: FromPartner) -> list[EventPayload]:
        """Record what was handed over or taken back; the outbox says so to the others."""
        event = given.event
        check_source(given)
        if event.time > self.intake.clock() + CLOCKS_DIFFER:
            raise InvalidInput(
                f"the event's time, {event.time.isoformat()}, is still to come: check the clock "
                "that it is taken from, and send the event anew",
                code="time-ahead",
                errors=(FieldError("/time", "In the future"),),
            )
        delivery = Delivery(event.source, event.id, event.time)
        if isinstance(event, PartnerReportSubmitted):
            self._submit(given.region, event.data, delivery)
        else:
            self._withdraw(given.region, event.data, delivery)
        return []

    def _submit(self, region: str, report: PartnerReport, delivery: Delivery) -> None:
        check_taxonomy(report, pointer="/data")
        check_places(report, pointer="/data")
        submission, documents = as_submission(report)
        with self.intake.database.read() as session:
            if in_progress(session, region, self.most) >= self.most:
                raise Overloaded(
                    f"{self.most} reports of this partner are in progress; the rest follow",
                    retry_after=LOOK_AGAIN_S,
                )
        self.intake.submit(region, submission, documents, delivery)

    def _withdraw(self, region: str, which: PartnerWithdrawal, delivery: Delivery) -> None:
        wanted = which.report_id or report_id(region, which.external_id, "", which.source)
        try:
            self.intake.withdraw(region, wanted, delivery)
        except NotFound as error:
            # For the services this means that there is nothing to do; a partner has to know.
            raise InvalidInput(error.detail, code="unknown-report") from error


def check_source(given: FromPartner) -> None:
    """Raise InvalidInput for an event that says it comes from another partner."""
    own = f"/partners/{given.region}"
    source = given.event.source
    if source != own and not source.startswith(f"{own}/"):
        raise InvalidInput(
            f"this topic takes events whose source is {own} or begins with {own}/",
            code="wrong-source",
            errors=(FieldError("/source", "Not this topic's partner"),),
        )


def as_submission(report: PartnerReport) -> tuple[ReportMetadata, tuple[Document, ...]]:
    """What the same report would be if it had come by HTTP.

    Raises UnsupportedFormat for a document that is not what it says it is.
    """
    if not report.documents:
        return ReportSubmission.model_validate(report.model_dump(exclude={"documents"})), ()
    documents = tuple(_document(inline) for inline in report.documents)
    return ReportMetadata.model_validate(report.model_dump(exclude=_TEXT_FIELDS)), documents


def _document(inline: InlineDocument) -> Document:
    content = inline.decoded()
    filename = plain_filename(inline.filename)
    return Document(filename, sniff(content, inline.media_type, filename), content)
