"""Passages for a text: one question to embed, one to the index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from opentelemetry.trace import Tracer

from libs.events.recommendation import Filters
from libs.events.report import ReportContent, SectionKind
from libs.events.search import FoundPassage, FoundPassages, SearchRequest
from libs.language.detection import LanguageDetector
from libs.telemetry import names
from libs.telemetry.propagation import current_trace_id
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import CollectionSpec, PassageHit, PassageIndex
from services.recommend.cards import FoundReport, evidence, group
from services.recommend.closeness import load_closeness
from services.recommend.filters import checked_filter
from services.recommend.question import EmbedClient, sparse_question
from services.recommend.records import ReportRecords

CANDIDATES: Final = 100


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Passages, best first, the model whose vectors were compared, and whether none is close.

    `index` is where they were found.
    """

    hits: list[PassageHit]
    model: str
    nothing_close: bool
    index: PassageIndex


@dataclass(frozen=True, slots=True)
class PassageSearch:
    """Finds passages. Raises Unavailable when embed, ingest or the index is away."""

    embed: EmbedClient
    index: Callable[[CollectionSpec], PassageIndex]
    bm25: Bm25Encoder
    detector: LanguageDetector
    records: ReportRecords
    tracer: Tracer

    def search(self, request: SearchRequest) -> FoundPassages:
        """The passages that are nearest to a text, each with its place in its report."""
        found = self.retrieve(
            request.query,
            request.language,
            request.filters,
            kinds=request.kinds,
            limit=request.limit,
        )
        each_alone = [(group([hit])[0], hit) for hit in found.hits]
        records = self.records.several(list(dict.fromkeys(one.key for one, _ in each_alone)))
        return FoundPassages(
            query=request.query,
            # None of a report that was withdrawn this moment.
            passages=tuple(
                _passage(one, hit, records[one.key].content)
                for one, hit in each_alone
                if one.key in records
            ),
            nothing_close=found.nothing_close,
            model=found.model,
            trace_id=current_trace_id(),
        )

    def retrieve(
        self,
        text: str,
        language: str | None,
        filters: Filters,
        *,
        kinds: Sequence[SectionKind] = (),
        limit: int,
    ) -> Retrieved:
        """Hits of both routes, fused. Raises InvalidInput for a filter that nothing can match."""
        question = self.embed.embed(text)
        sparse = sparse_question(self.bm25, self.detector, text, language)
        index = self.index(question.spec)
        where = checked_filter(index, filters, kinds=kinds)
        with self.tracer.start_as_current_span(names.SPAN_RETRIEVE) as span:
            # Whether anything is close is told from several projects, however few are wanted.
            hits = index.query(question.vector, sparse, where=where, limit=max(limit, CANDIDATES))
            span.set_attribute(names.CANDIDATES, len(hits))
            span.set_attribute(names.GEN_AI_MODEL, question.model)
        closeness = load_closeness(question.model)
        nothing_close = closeness is not None and closeness.refuses(question.vector, hits)
        return Retrieved(hits[:limit], question.model, nothing_close or not hits, index)


def _passage(found: FoundReport, hit: PassageHit, content: ReportContent) -> FoundPassage:
    kind = hit.payload.get("kind")
    return FoundPassage(
        report_id=found.report_id,
        version=found.version,
        title=content.report.title,
        outcome=content.report.outcome,
        illustrative=content.report.illustrative,
        kind=SectionKind(kind) if isinstance(kind, str) else None,
        score=hit.score,
        evidence=evidence(found, hit, content.documents),
    )
