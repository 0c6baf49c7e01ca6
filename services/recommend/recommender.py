"""From a challenge to method cards."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from opentelemetry.trace import Tracer

from libs.errors import Unavailable
from libs.events.fit import Fit
from libs.events.recommendation import Filters, RecommendationRequest, Recommendations
from libs.places.table import Places
from libs.telemetry import names
from libs.telemetry.propagation import current_trace_id
from libs.vectors.port import PassageHit
from services.recommend.answer import Answer, Card
from services.recommend.answer_words import wording
from services.recommend.cards import card, group
from services.recommend.figures import size_class
from services.recommend.passage_search import PassageSearch, Retrieved
from services.recommend.ranking.diversity import diverse
from services.recommend.ranking.parts import tellers_of_fit
from services.recommend.ranking.ranker import Candidate, Ranker
from services.recommend.records import ReportRecords
from services.recommend.settings import RecommendSettings
from services.recommend.transfer import Asker, fit
from services.recommend.unmet.needs import UnmetNeeds

logger = logging.getLogger(__name__)

NEAREST_THEMES: Final = 3
_NEAREST_PASSAGES: Final = 10


@dataclass(frozen=True, slots=True)
class Recommender:
    """Answers challenges. Raises what PassageSearch raises."""

    search: PassageSearch
    records: ReportRecords
    places: Callable[[], Places]
    unmet: UnmetNeeds
    tracer: Tracer
    settings: RecommendSettings
    ranker: Ranker

    def recommend(self, request: RecommendationRequest) -> Answer:
        """The best projects for a challenge, each once, with its evidence.

        Raises InvalidInput for a profile's place or target group that is not known.
        """
        asker = Asker.of(request.profile, self.places()) if request.profile else None
        retrieved = self.search.retrieve(
            request.challenge, request.language, request.filters, limit=self.settings.candidates
        )
        with self.tracer.start_as_current_span(names.SPAN_CARDS) as span:
            cards = self._cards(retrieved, request, asker)
            span.set_attribute(names.CARDS, len(cards))
        themes = nearest_themes(retrieved.hits) if retrieved.nothing_close else ()
        language = request.answer_language
        # With a filter the filter may be why.
        unmet = retrieved.nothing_close and request.filters == Filters()
        head = Recommendations(
            challenge=request.challenge,
            cards=(),
            nothing_close=retrieved.nothing_close,
            nearest_themes=themes,
            wording=wording(language, cards, themes) if language else None,
            model=retrieved.model,
            trace_id=current_trace_id(),
        )
        # A commit waits for the disk, and who asks need not.
        note = partial(self._note_unmet, request, themes, asker) if unmet else None
        return Answer(head, tuple(cards), note)

    def _cards(
        self, retrieved: Retrieved, request: RecommendationRequest, asker: Asker | None
    ) -> list[Card]:
        # What is in the order found already needs few more records than are shown.
        limit = request.limit
        pool = limit + self.ranker.spare
        if self.ranker.reorders:
            pool = max(pool, self.settings.ranked_reports)
        candidates = self._candidates(retrieved.hits, pool)
        fits = self._fits(candidates, asker) if asker else {}
        ranked = self.ranker.rank(candidates, tellers_of_fit(fits) if asker else None)
        if self.ranker.spare and len(ranked) > 1:
            reports = [each.found.report_id for each in ranked]
            vectors = retrieved.index.report_vectors(reports)
            ranked = diverse(ranked, vectors, self.ranker.weights.diversity)
        most = self.settings.evidence_per_card
        return [
            card(
                each.found,
                each.record,
                each.score,
                fit=fits.get(each.found.report_id),
                most_evidence=most,
                language=request.answer_language,
            )
            for each in ranked[:limit]
        ]

    def _fits(self, candidates: Iterable[Candidate], asker: Asker) -> dict[str, Fit]:
        places = self.places()
        return {found.report_id: fit(asker, record, places) for found, record in candidates}

    def _candidates(self, hits: list[PassageHit], pool: int) -> list[Candidate]:
        """The first so many of those that were not withdrawn this moment."""
        reports, chosen = iter(group(hits)), list[Candidate]()
        while some := list(islice(reports, pool - len(chosen))):
            records = self.records.several([report.key for report in some])
            chosen += [(each, records[each.key]) for each in some if each.key in records]
        return chosen

    def _note_unmet(
        self, request: RecommendationRequest, themes: Sequence[str], asker: Asker | None
    ) -> None:
        try:
            self.unmet.record(
                request.challenge,
                language=request.language,
                themes=themes,
                country=asker.figures.country if asker else None,
                size_class=size_class(asker.figures.population) if asker else None,
            )
        except Unavailable as error:
            # Who asks gets her answer all the same.
            logger.warning("an unmet need could not be kept", extra={"reason": str(error)})


def nearest_themes(hits: Sequence[PassageHit]) -> tuple[str, ...]:
    """The commonest themes of the nearest passages, the nearer first among equals."""
    counted: Counter[str] = Counter()
    for hit in hits[:_NEAREST_PASSAGES]:
        themes = hit.payload.get("themes")
        if isinstance(themes, Sequence) and not isinstance(themes, str):
            counted.update(map(str, themes))
    return tuple(theme for theme, _ in counted.most_common(NEAREST_THEMES))
