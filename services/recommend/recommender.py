"""From a challenge to method cards."""

from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.trace import Tracer

from libs.events.recommendation import Filters, MethodCard, RecommendationRequest, Recommendations
from libs.language.detection import LanguageDetector
from libs.telemetry import names
from libs.telemetry.propagation import current_trace_id
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import CollectionSpec, PassageFilter, PassageHit, PassageIndex
from services.recommend.cards import card, group
from services.recommend.question import EmbedClient, sparse_question
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

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        """The best projects for a challenge, each once, with its evidence."""
        question = self.embed.embed(request.challenge)
        sparse = sparse_question(self.bm25, self.detector, request.challenge, request.language)
        with self.tracer.start_as_current_span(names.SPAN_RETRIEVE) as span:
            hits = self.index(question.spec).query(
                question.vector,
                sparse,
                where=_passage_filter(request.filters),
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
        cards: list[MethodCard] = []
        for found in group(hits):
            if len(cards) == limit:
                break
            record = self.records.record(found.report_id, found.version)
            if record is not None:
                most = self.settings.evidence_per_card
                cards.append(card(found, record, most_evidence=most))
        return cards


def _passage_filter(filters: Filters) -> PassageFilter | None:
    wanted: dict[str, tuple[str, ...] | tuple[int, ...]] = {
        "country": filters.countries,
        "language": filters.languages,
        "themes": filters.themes,
        "target_groups": filters.target_groups,
        "sdgs": filters.sdgs,
    }
    any_of = {name: values for name, values in wanted.items() if values}
    return PassageFilter(any_of) if any_of else None
