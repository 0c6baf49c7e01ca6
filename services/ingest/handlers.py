"""What ingest does when something has happened. Safe to run twice, as all handlers are."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.trace import Tracer
from sqlalchemy.orm import Session

from libs.bus.consumer import Handler
from libs.clock import Clock
from libs.database.engine import Database
from libs.errors import InvalidInput
from libs.events.envelope import EventPayload
from libs.events.payloads import (
    ReportIndexed,
    ReportRejected,
    ReportRemoved,
    ReportSubmitted,
    ReportWithdrawn,
)
from libs.events.report import (
    NormalisedReport,
    ReportMetadata,
    ReportStatus,
    ReportSubmission,
)
from libs.events.topics import (
    REPORTS_INDEXED,
    REPORTS_REJECTED,
    REPORTS_REMOVED,
    REPORTS_SUBMITTED,
    Topic,
)
from libs.language.detection import LanguageDetector
from libs.telemetry import names
from libs.telemetry.propagation import current_trace_id
from services.ingest import facets, store
from services.ingest.announcements import accepted
from services.ingest.normalisation import normalise_documents, normalise_submission
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.reader import DocumentReader, reading_detail
from services.ingest.rejections import INTERNAL, DocumentRefused, rejection_of
from services.ingest.status_board import StatusBoard
from services.ingest.tables import DocumentRow, VersionRow

Detail = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class IngestHandlers:
    """The handlers with their ports.

    Once a report's documents have taken `parse_s` seconds together, no more of them is read.
    """

    database: Database
    clock: Clock
    board: StatusBoard
    tracer: Tracer
    reader: DocumentReader
    detector: LanguageDetector
    parse_s: float = math.inf
    monotonic: Callable[[], float] = time.monotonic

    def by_topic(self) -> dict[Topic, Handler]:
        """Which handler takes the events of which topic."""
        return {
            REPORTS_SUBMITTED: self.on_report_submitted,
            REPORTS_INDEXED: self.on_report_indexed,
            REPORTS_REJECTED: self.on_report_rejected,
            REPORTS_REMOVED: self.on_report_removed,
        }

    def on_report_submitted(self, event: ReportSubmitted) -> list[EventPayload]:
        """Read the document, keep the normalised record, and say that it is ready to index."""
        with self.database.read() as session:
            row = store.version_row(session, event.report_id, event.version)
            if row.version != store.report_row(session, row.report_id).version or _ended(row):
                return []
            documents = store.document_rows(session, row, with_bytes=row.content is None)
        try:
            content, detail = self._normalised(row, documents)
        except InvalidInput as error:
            return [
                ReportRejected(
                    report_id=event.report_id,
                    version=event.version,
                    stage="normalise",
                    rejection=rejection_of(error),
                )
            ]
        if row.status != ReportStatus.NORMALISED:
            self._keep_content(event, content, detail)
        return [accepted(row, event.partner)]

    def on_report_indexed(self, event: ReportIndexed) -> list[EventPayload]:
        """The report can be found: the record says so."""
        with self.database.write() as session:
            row = store.locked_version(session, event.report_id, event.version)
            withdrawn = store.withdrawn_up_to(session, event.report_id)
            if row.version <= withdrawn:
                # It was withdrawn while it was being indexed: the passages must go again.
                store.version_row(session, event.report_id, withdrawn).removed_at = None
                return [ReportWithdrawn(report_id=event.report_id, version=withdrawn)]
            standing = store.standing_version(session, event.report_id)
            if standing is not None and standing.version > row.version:
                # The newer version has taken the place of these passages.
                return []
            row.passages, row.rejection = event.passages, None
            if event.labels is not None:
                row.labels = [
                    each.model_dump(mode="json", exclude_none=True) for each in event.labels
                ]
            if row.status != ReportStatus.INDEXED:
                detail: Detail = {"passages": event.passages, "model": event.model}
                self._add_status(session, row, ReportStatus.INDEXED, detail)
        self.board.notify(event.report_id)
        return []

    def on_report_rejected(self, event: ReportRejected) -> list[EventPayload]:
        """The report will not be found: the record says why."""
        with self.database.write() as session:
            row = store.locked_version(session, event.report_id, event.version)
            if _ended(row):
                return []
            row.rejection = event.rejection.model_dump(mode="json")
            detail = {"code": event.rejection.code, "stage": event.stage}
            self._add_status(session, row, ReportStatus.REJECTED, detail)
        self.board.notify(event.report_id)
        return []

    def on_report_removed(self, event: ReportRemoved) -> list[EventPayload]:
        """The passages of a withdrawn report are gone: nothing more has to be sent for it."""
        with self.database.write() as session:
            store.locked_version(session, event.report_id, event.version)
            store.confirm_removal(session, event.report_id, event.version, self.clock())
        return []

    def _normalised(
        self, row: VersionRow, documents: Sequence[DocumentRow]
    ) -> tuple[NormalisedReport, Detail]:
        """The record, and what is told of how its documents were read."""
        if row.content is not None:
            return NormalisedReport.model_validate(row.content), {}
        if not documents:
            submission = ReportSubmission.model_validate(row.submission)
            return normalise_submission(submission, self.detector), {}
        metadata = ReportMetadata.model_validate(row.submission)
        read = list(self._read(documents))
        return normalise_documents(metadata, read, self.detector), reading_detail(read)

    def _read(self, documents: Sequence[DocumentRow]) -> Iterator[tuple[str, ParsedDocument]]:
        until = self.monotonic() + self.parse_s
        for document in documents:
            try:
                yield document.filename, self._parsed(document, until)
            except InvalidInput as error:
                if len(documents) == 1:
                    raise
                raise DocumentRefused(document.filename, error) from error

    def _parsed(self, document: DocumentRow, until: float) -> ParsedDocument:
        if self.monotonic() > until:
            raise InvalidInput(
                f"With the documents before it, it took more than {self.parse_s:g} s.",
                code="parse-timeout",
            )
        # What an error says may quote the document, so the span does not keep it.
        with self.tracer.start_as_current_span(
            names.SPAN_PARSE,
            attributes={
                names.MEDIA_TYPE: document.media_type,
                names.DOCUMENT_BYTES: document.size,
            },
            record_exception=False,
            set_status_on_exception=False,
        ):
            return self.reader.read(document.content, document.media_type)

    def _keep_content(
        self, event: ReportSubmitted, content: NormalisedReport, told: Detail
    ) -> None:
        with self.database.write() as session:
            row = store.locked_version(session, event.report_id, event.version)
            if row.status == ReportStatus.NORMALISED or _ended(row):
                return
            row.title, row.rejection, row.resends = content.title, None, 0
            row.content = content.model_dump(mode="json", exclude_defaults=True)
            facets.keep(session, row, content)
            detail = {"sections": len(content.sections), **told}
            self._add_status(session, row, ReportStatus.NORMALISED, detail)
        self.board.notify(event.report_id)

    def _add_status(
        self,
        session: Session,
        row: VersionRow,
        status: ReportStatus,
        detail: Detail,
    ) -> None:
        store.add_status(
            session,
            row,
            status,
            now=self.clock(),
            trace_id=current_trace_id(),
            detail=dict(detail),
        )


def _ended(row: VersionRow) -> bool:
    """True when nothing more happens to a version.

    One that the reconciler gave up goes on when its event comes through after all: the queue
    was long, or the fault is mended and the topic is replayed.
    """
    if row.status == ReportStatus.REJECTED and row.rejection:
        return bool(row.rejection["code"] != INTERNAL)
    return ReportStatus(row.status).final
