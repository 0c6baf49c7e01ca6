"""From a challenge to method cards."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from opentelemetry.trace import Tracer

from libs.events.recommendation import MethodCard, RecommendationRequest, Recommendations
from libs.telemetry import names
from libs.telemetry.propagation import current_trace_id
from libs.vectors.port import PassageHit
from services.recommend.cards import card, group
from services.recommend.passage_search import PassageSearch
from services.recommend.ranking.ranker import Candidate, Ranker
from services.recommend.records import ReportRecords
from services.recommend.settings import RecommendSettings

NEAREST_THEMES: Final = 3
_NEAREST_PASSAGES: Final = 10


@dataclass(frozen=True, slots=True)
class Recommender:
    """Answers challenges. Raises what PassageSearch raises."""

    search: PassageSearch
    records: ReportRecords
    tracer: Tracer
    settings: RecommendSettings
    ranker: Ranker

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        """The best projects for a challenge, each once, with its evidence."""
        retrieved = self.search.retrieve(
            request.challenge, request.language, request.filters, limit=self.settings.candidates
        )
        with self.tracer.start_as_current_span(names.SPAN_CARDS) as span:
            cards = self._cards(retrieved.hits, request.limit)
            span.set_attribute(names.CARDS, len(cards))
        return Recommendations(
            challenge=request.challenge,
            cards=tuple(cards),
            nothing_close=retrieved.nothing_close,
            nearest_themes=nearest_themes(retrieved.hits) if retrieved.nothing_close else (),
            model=retrieved.model,
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


def nearest_themes(hits: Sequence[PassageHit]) -> tuple[str, ...]:
    """The commonest themes of the nearest passages, the nearer first among equals."""
    counted: Counter[str] = Counter()
    for hit in hits[:_NEAREST_PASSAGES]:
        themes = hit.payload.get("themes")
        if isinstance(themes, Sequence) and not isinstance(themes, str):
            counted.update(map(str, themes))
    return tuple(theme for theme, _ in counted.most_common(NEAREST_THEMES))
