"""What embed does when something has happened. Safe to run twice, as all handlers are."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from opentelemetry.trace import Tracer

from libs.bus.consumer import Handler
from libs.errors import NotFound, Unavailable
from libs.events.envelope import EventPayload
from libs.events.payloads import (
    ReportAccepted,
    ReportIndexed,
    ReportRejected,
    ReportRemoved,
    ReportWithdrawn,
)
from libs.events.report import Rejection, ReportContent
from libs.events.topics import REPORTS_ACCEPTED, REPORTS_WITHDRAWN, Topic
from libs.language.detection import LanguageDetector
from libs.telemetry import names
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassageFilter, PassageIndex, SparseVector
from services.embed.embedder import Embedder
from services.embed.passages import Passage, cut
from services.embed.points import content_digest, points

NO_PASSAGES = Rejection(
    code="no-text",
    reason_en="The report has no text that can be searched.",
    reason_sv="Rapporten har ingen text som går att söka i.",
    hint="Check that the sections hold sentences, then send it again.",
)

LANGUAGE_SURE = 0.5
# Passages that are embedded and written at a time, so that a report of 40,000 of them gets on
# from one interruption to the next, and its vectors never stand in memory together.
SLICE = 256


class ReportSource(Protocol):
    """Where normalised reports are read: ingest."""

    def fetch(self, url: str) -> ReportContent:
        """Raises NotFound when the version is no longer there, Unavailable when ingest is away."""


@dataclass(frozen=True, slots=True)
class EmbedHandlers:
    """The handlers with their ports."""

    source: ReportSource
    embedder: Embedder
    index: PassageIndex
    bm25: Bm25Encoder
    detector: LanguageDetector
    tracer: Tracer
    passage_tokens: int

    def by_topic(self) -> dict[Topic, Handler]:
        """Which handler takes the events of which topic."""
        return {
            REPORTS_ACCEPTED: self.on_report_accepted,
            REPORTS_WITHDRAWN: self.on_report_withdrawn,
        }

    def on_report_accepted(self, event: ReportAccepted) -> list[EventPayload]:
        """Cut, embed and index a report version, then remove the passages of older ones."""
        if self._newest_version(event.report_id) > event.version:
            return []
        try:
            content = self.source.fetch(event.content_url)
        except NotFound:
            # It was withdrawn in between: what may be there of it must not stay.
            self.index.delete_report(event.report_id, before_version=event.version + 1)
            return []
        with self.tracer.start_as_current_span(names.SPAN_CUT) as span:
            passages = cut(content.report, self.embedder.count_tokens, self.passage_tokens)
            span.set_attribute(names.PASSAGES, len(passages))
        if not passages:
            return [
                ReportRejected(
                    report_id=event.report_id,
                    version=event.version,
                    stage="index",
                    rejection=NO_PASSAGES,
                )
            ]
        self._complete(event, content, passages)
        self.index.delete_report(event.report_id, before_version=event.version)
        return [
            ReportIndexed(
                report_id=event.report_id,
                version=event.version,
                passages=len(passages),
                model=self.embedder.model,
            )
        ]

    def on_report_withdrawn(self, event: ReportWithdrawn) -> list[EventPayload]:
        """Remove the report's passages, if any, and say so. A later version stays."""
        self.index.delete_report(event.report_id, before_version=event.version + 1)
        return [ReportRemoved(report_id=event.report_id, version=event.version)]

    def _complete(
        self, event: ReportAccepted, content: ReportContent, passages: list[Passage]
    ) -> None:
        """Write the passages that are not there yet. Raises Unavailable if not all can be found."""
        digest = content_digest(event.digest, passages)
        there = self._count(event)
        if there and (there > len(passages) or self._stored_digest(event) != digest):
            # Of another content, from before the SQL record was lost, or cut by other rules.
            self.index.delete_report(event.report_id, before_version=event.version + 1)
            there = 0
        if there == len(passages):
            return
        # Slices are written in order: of those before the last one there, nothing is missing.
        for start in range(there - there % SLICE, len(passages), SLICE):
            self._index(content, passages[start : start + SLICE], digest)
        if self._count(event) != len(passages):
            self.index.delete_report(event.report_id, before_version=event.version + 1)
            raise Unavailable(
                "other passages are in the index than were written, as happens when the report "
                "is withdrawn meanwhile; beginning again"
            )

    def _index(self, content: ReportContent, passages: list[Passage], digest: str) -> None:
        with self.tracer.start_as_current_span(names.SPAN_EMBED) as span:
            span.set_attribute(names.PASSAGES, len(passages))
            span.set_attribute(names.GEN_AI_MODEL, self.embedder.model)
            vectors = self.embedder.embed_passages([passage.embedded for passage in passages])
        with self.tracer.start_as_current_span(names.SPAN_UPSERT) as span:
            span.set_attribute(names.PASSAGES, len(passages))
            languages = self._languages(content, passages)
            self.index.upsert(
                points(content, passages, vectors, languages, self.bm25, digest=digest)
            )

    def _languages(self, content: ReportContent, passages: list[Passage]) -> list[str | None]:
        # What the partner says of the report holds for all of it. What was found out holds where
        # a passage does not speak for itself, because annexes are often in another language.
        language = content.report.language
        if language and content.report.is_given("language"):
            return [language] * len(passages)
        detect = partial(self.detector.likeliest, at_least=LANGUAGE_SURE)
        return [detect(passage.text) or language for passage in passages]

    def _count(self, event: ReportAccepted) -> int:
        return self.index.count(_this(event))

    def _stored_digest(self, event: ReportAccepted) -> object:
        # Any one of the version's passages tells; the index gives payloads to queries only.
        anywhere = np.eye(1, self.embedder.dimension, dtype=np.float32)[0]
        none = SparseVector((), ())
        hits = self.index.query(anywhere, none, where=_this(event), limit=1)
        return hits[0].payload.get("digest") if hits else None

    def _newest_version(self, report_id: str) -> int:
        found = self.index.facets("version", where=PassageFilter({"report_id": [report_id]}))
        return max((int(facet.value) for facet in found), default=0)


def _this(event: ReportAccepted) -> PassageFilter:
    return PassageFilter({"report_id": [event.report_id], "version": [event.version]})
