"""From a challenge to method cards."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from opentelemetry.trace import Tracer

from libs.events.recommendation import MethodCard, RecommendationRequest, Recommendations
from libs.language.detection import LanguageDetector
from libs.telemetry import names
from libs.telemetry.propagation import current_trace_id
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import CollectionSpec, PassageHit, PassageIndex
from services.recommend.cards import card, group
from services.recommend.filters import checked_filter
from services.recommend.question import EmbedClient, sparse_question
from services.recommend.ranking.ranker import Candidate, Ranker
from services.recommend.records import ReportRecords
from services.recommend.settings import RecommendSettings


@dataclass(frozen=True, slots=True)
class Recommender:
    """Answers challenges. Raises Unavailable when embed, ingest or the index is away.

    `index` gives the collection of a model. Which model a question was embedded with is said with
    its vector, so that it is compared with vectors of that model only.
    """

    embed: EmbedClient
    index: Callable[[CollectionSpec], PassageIndex]
    bm25: Bm25Encoder
    detector: LanguageDetector
    records: ReportRecords
    tracer: Tracer
    settings: RecommendSettings
    ranker: Ranker

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        """The best projects for a challenge, each once, with its evidence."""
        question = self.embed.embed(request.challenge)
        sparse = sparse_question(self.bm25, self.detector, request.challenge, request.language)
        index = self.index(question.spec)
        where = checked_filter(index, request.filters)
        with self.tracer.start_as_current_span(names.SPAN_RETRIEVE) as span:
            hits = index.query(
                question.vector,
                sparse,
                where=where,
                limit=self.settings.candidates,
            )
            span.set_attribute(names.CANDIDATES, len(hits))
            span.set_attribute(names.GEN_AI_MODEL, question.model)
        with self.tracer.start_as_current_span(names.SPAN_CARDS) as span:
            cards = self._cards(hits, request.limit)
            span.set_attribute(names.CARDS, len(cards))
        return Recommendations(
            challenge=request.challenge,
            cards=tuple(cards),
            model=question.model,
            trace_id=current_trace_id(),
        )

    def _cards(self, hits: list[PassageHit], limit: int) -> list[MethodCard]:
        # What is in the order found already needs no more records than are shown.
        pool = max(limit, self.settings.ranked_reports) if self.ranker.reorders else limit
        candidates = list(islice(self._candidates(hits), pool))
        most = self.settings.evidence_per_card
        return [
            card(each.found, each.record, each.score, most_evidence=most)
            for each in self.ranker.rank(candidates)[:limit]
        ]

    def _candidates(self, hits: list[PassageHit]) -> Iterator[Candidate]:
        for report in group(hits):
            record = self.records.record(report.report_id, report.version)
            if record is not None:
                yield report, record
