"""What embed does when something has happened. Safe to run twice, as all handlers are."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from opentelemetry.trace import Tracer

from libs.errors import NotFound, Unavailable
from libs.events.envelope import EventPayload
from libs.events.labels import Label
from libs.events.payloads import (
    ReportAccepted,
    ReportIndexed,
    ReportRejected,
    ReportRemoved,
    ReportWithdrawn,
)
from libs.events.report import Rejection, ReportContent
from libs.language.detection import LanguageDetector
from libs.telemetry import names
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassageFilter, PassageIndex, PayloadValue
from services.embed.embedder import Embedder
from services.embed.passage_languages import passage_languages
from services.embed.passages import Passage, cut, fitting
from services.embed.points import content_digest, passage_id, points
from services.embed.sorting import inferred
from services.embed.sorting.cited import cited, most_telling
from services.embed.sorting.sorter import Sorted, Sorter

NO_PASSAGES = Rejection(
    code="no-text",
    reason_en="The report has no text that can be searched.",
    reason_sv="Rapporten har ingen text som går att söka i.",
    hint="Check that the sections hold sentences, then send it again.",
)

# Passages that are embedded and written at a time, so that a report of 40,000 of them gets on
# from one interruption to the next, and its vectors never stand in memory together.
SLICE = 256


class ReportSource(Protocol):
    """Where normalised reports are read: ingest."""

    def fetch(self, url: str) -> ReportContent:
        """Raises NotFound when the version is no longer there, Unavailable when ingest is away."""


@dataclass(frozen=True, slots=True)
class EmbedHandlers:
    """The handlers of one collection, with their ports."""

    source: ReportSource
    embedder: Embedder
    index: PassageIndex
    bm25: Bm25Encoder
    detector: LanguageDetector
    sorter: Sorter
    tracer: Tracer
    passage_tokens: int

    def on_report_accepted(self, event: ReportAccepted) -> list[EventPayload]:
        """Cut, embed and index a report version in place of older ones, all at once."""
        if self._newest_version(event.report_id) > event.version:
            return []
        try:
            content = self.source.fetch(event.content_url)
        except NotFound:
            # It was withdrawn in between: what may be there of it must not stay.
            self.index.delete_report(event.report_id, before_version=event.version + 1)
            return []
        with self.tracer.start_as_current_span(names.SPAN_CUT) as span:
            limit = fitting(self.passage_tokens, self.embedder.max_tokens)
            passages = cut(content.report, self.embedder.count_tokens, limit)
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
        labels, changed = self._complete(event, content, passages)
        published = self.index.published([event.report_id])
        if changed or published != {event.report_id: event.version}:
            self.index.publish(event.report_id, event.version)
        self.index.delete_report(event.report_id, before_version=event.version)
        return [
            ReportIndexed(
                report_id=event.report_id,
                version=event.version,
                passages=len(passages),
                model=self.embedder.model,
                labels=most_telling([*labels, *cited(content.report, passages, labels)]),
            )
        ]

    def on_report_withdrawn(self, event: ReportWithdrawn) -> list[EventPayload]:
        """Remove the report's passages, if any, and say so. A later version stays."""
        self.index.delete_report(event.report_id, before_version=event.version + 1)
        return [ReportRemoved(report_id=event.report_id, version=event.version)]

    def _complete(
        self, event: ReportAccepted, content: ReportContent, passages: list[Passage]
    ) -> tuple[tuple[Label, ...], bool]:
        """Write the passages that are not there yet, or are of other content.

        Such are from before the SQL record was lost, cut by other rules or sorted by other heads,
        and may be read now: each is overwritten in its place. Returns the report's labels, which
        are those of its first slice, and whether anything was written. Raises Unavailable if not
        all passages can be found then.
        """
        digest = content_digest(f"{event.digest} {self.sorter.name}", passages)
        starts = range(0, len(passages), SLICE)

        def lacks(start: int) -> bool:
            last = min(start + SLICE, len(passages)) - 1
            return self._stored(event, last).get("digest") != digest

        # Slices are written in order: what an interruption left to do is all behind one of them.
        todo = starts[bisect_left(starts, x=True, key=lacks) :]
        labels = _labels(self._stored(event, 0)) if todo != starts else ()
        for start in todo:
            known = labels if start else None
            labels = self._index(content, passages[start : start + SLICE], digest, known)
        there = self._count(event)
        surplus = range(len(passages), there)
        if surplus:
            self.index.delete(
                passage_id(event.report_id, event.version, ordinal) for ordinal in surplus
            )
            there = self._count(event)
        if there != len(passages):
            self.index.delete_report(event.report_id, before_version=event.version + 1)
            raise Unavailable(
                "other passages are in the index than were written, as happens when the report "
                "is withdrawn meanwhile; beginning again"
            )
        return labels, bool(todo or surplus)

    def _index(
        self,
        content: ReportContent,
        passages: list[Passage],
        digest: str,
        labels: tuple[Label, ...] | None,
    ) -> tuple[Label, ...]:
        """Write a slice with the report's labels; those that it has itself if there are none."""
        with self.tracer.start_as_current_span(names.SPAN_EMBED) as span:
            span.set_attribute(names.PASSAGES, len(passages))
            span.set_attribute(names.GEN_AI_MODEL, self.embedder.model)
            vectors = self.embedder.embed_passages([passage.embedded for passage in passages])
        languages = passage_languages(content.report, passages, self.detector)
        with self.tracer.start_as_current_span(names.SPAN_SORT) as span:
            span.set_attribute(names.PASSAGES, len(passages))
            found = self.sorter.sort(passages, vectors, [each.tag for each in languages])
            if labels is not None:
                found = Sorted(labels, found.kinds)
        with self.tracer.start_as_current_span(names.SPAN_UPSERT) as span:
            span.set_attribute(names.PASSAGES, len(passages))
            self.index.upsert(
                points(content, passages, vectors, languages, self.bm25, digest=digest, found=found)
            )
        return found.labels

    def _count(self, event: ReportAccepted) -> int:
        return self.index.count(_this(event))

    def _stored(self, event: ReportAccepted, ordinal: int) -> Mapping[str, PayloadValue]:
        return self.index.get(passage_id(event.report_id, event.version, ordinal)) or {}

    def _newest_version(self, report_id: str) -> int:
        found = self.index.facets("version", where=PassageFilter({"report_id": [report_id]}))
        return max((int(facet.value) for facet in found), default=0)


def _labels(stored: Mapping[str, PayloadValue]) -> tuple[Label, ...]:
    lines = stored.get("inferred")
    return inferred.read(lines) if isinstance(lines, list | tuple) else ()


def _this(event: ReportAccepted) -> PassageFilter:
    return PassageFilter({"report_id": [event.report_id], "version": [event.version]})
