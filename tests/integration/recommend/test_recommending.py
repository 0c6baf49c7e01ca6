"""What an answer leaves behind, and what votes tell of a card."""

from typing import Any
from uuid import UUID

from opentelemetry.trace import NoOpTracer

from libs.database.engine import Database
from libs.errors import Unavailable
from libs.events.recommendation import Filters, RecommendationRequest
from libs.places.table import Places
from libs.vectors.port import PassageHit, PayloadValue
from services.recommend.passage_search import Retrieved
from services.recommend.ranking.ranker import Ranker
from services.recommend.ranking.weights import Weights
from services.recommend.recommender import Recommender
from services.recommend.record import Record
from services.recommend.records import Key
from services.recommend.settings import RecommendSettings
from services.recommend.unmet.needs import UnmetNeeds
from tests.integration.recommend.stage import REPORT, Stage

ASKED = RecommendationRequest(challenge="Robotar i hemtjänsten", language="sv")


class Nothing:
    """A search that finds a passage far away."""

    def __init__(self, *, nothing_close: bool) -> None:
        self.nothing_close = nothing_close

    def retrieve(self, *_: Any, **__: Any) -> Retrieved:
        payload: dict[str, PayloadValue] = {
            "report_id": "r",
            "version": 1,
            "themes": ["elderly-care"],
        }
        hits = [PassageHit(UUID(int=1), 0.1, 0.1, payload)]
        return Retrieved(hits, "m", self.nothing_close, index=None)  # type: ignore[arg-type]  # not asked


class Away(UnmetNeeds):
    """Needs whose database is away."""

    def record(self, *_: Any, **__: Any) -> None:
        raise Unavailable("no database")


class NoRecords:
    """Reports that were all withdrawn."""

    def several(self, _: object) -> dict[Key, Record]:
        return {}


def _no_places() -> Places:
    raise AssertionError("no profile is given")


def recommender(stage: Stage, needs: UnmetNeeds, *, nothing_close: bool) -> Recommender:
    return Recommender(
        search=Nothing(nothing_close=nothing_close),  # type: ignore[arg-type]  # what it is asked
        records=NoRecords(),  # type: ignore[arg-type]  # likewise
        tracer=NoOpTracer(),
        settings=RecommendSettings(),
        ranker=Ranker(Weights.load(), lambda: stage.now),
        places=_no_places,
        unmet=needs,
    )


def test_an_answer_without_anything_close_is_an_unmet_need(stage: Stage) -> None:
    answer = recommender(stage, stage.needs, nothing_close=True).recommend(ASKED)
    # Once the answer is sent.
    assert stage.ask("/internal/unmet-needs").json()["items"] == []
    assert answer.afterwards
    answer.afterwards()
    (need,) = stage.ask("/internal/unmet-needs").json()["items"]
    assert (need["text"], need["themes"]) == (ASKED.challenge, ["elderly-care"])


def test_an_answer_that_is_close_or_under_a_filter_is_none(stage: Stage) -> None:
    close = recommender(stage, stage.needs, nothing_close=False).recommend(ASKED)
    filtered = ASKED.model_copy(update={"filters": Filters(countries=("SE",))})
    narrow = recommender(stage, stage.needs, nothing_close=True).recommend(filtered)
    assert close.afterwards is narrow.afterwards is None


def test_without_a_database_the_answer_is_given_all_the_same(
    stage: Stage, own_database: Database
) -> None:
    needs = Away(own_database, lambda: stage.now, stage.needs.detector)
    answer = recommender(stage, needs, nothing_close=True).recommend(ASKED)
    assert answer.head.nothing_close
    assert answer.afterwards
    answer.afterwards()


def test_votes_are_a_part_of_a_cards_place(stage: Stage) -> None:
    record = stage.desk.records.record(REPORT, 1)
    assert record is not None
    assert stage.scores.tell(record).code == "no-votes"
    stage.give()
    stage.scores.recount(REPORT)
    part = stage.scores.tell(record)
    assert (part.code, part.value) == ("votes", stage.scores.part(REPORT).value)
