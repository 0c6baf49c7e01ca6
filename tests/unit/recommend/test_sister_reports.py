"""An answer of two cards tells two projects, though one of them is told by two reports."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pytest
from opentelemetry.trace import NoOpTracer

from libs.events.recommendation import RecommendationRequest
from libs.events.report import NormalisedReport, ReportContent
from libs.places.table import Places
from libs.vectors.port import PassageHit, PayloadValue, Vector
from services.recommend.passage_search import Retrieved
from services.recommend.ranking.ranker import Ranker
from services.recommend.ranking.weights import Weights
from services.recommend.recommender import Recommender
from services.recommend.record import Record
from services.recommend.records import Key
from services.recommend.settings import RecommendSettings

FOUND = {"one": 0.6, "sister": 0.59, "other": 0.5}
NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


class Index:
    """Knows how alike the three are."""

    def report_vectors(self, report_ids: Sequence[str]) -> dict[str, Vector]:
        vectors = {"one": [1, 0], "sister": [1, 0], "other": [0, 1]}
        return {each: np.array(vectors[each], np.float32) for each in report_ids}


class Search:
    """Finds the three."""

    def retrieve(self, *_: object, **__: object) -> Retrieved:
        hits = [
            PassageHit(UUID(int=n), score, score, _payload(report_id))
            for n, (report_id, score) in enumerate(FOUND.items())
        ]
        return Retrieved(hits, "m", nothing_close=False, index=Index())  # type: ignore[arg-type]  # what it is asked


class Records:
    """A report of each."""

    def several(self, keys: Sequence[Key]) -> dict[Key, Record]:
        return {key: self._of(*key) for key in keys}

    def _of(self, report_id: str, version: int) -> Record:
        report = NormalisedReport(title=report_id, sections=())
        return Record(
            ReportContent(report_id=report_id, version=version, partner="p", report=report)
        )


def _payload(report_id: str) -> dict[str, PayloadValue]:
    place = {"section": 0, "start": 0, "end": 4}
    return {"report_id": report_id, "version": 1, "text": "text", **place}


def _no_places() -> Places:
    raise AssertionError("no profile is given")


@pytest.mark.parametrize(
    ("relevance", "expected"), [(0.7, ["one", "other"]), (1.0, ["one", "sister"])]
)
def test_a_sister_report_takes_no_second_place(relevance: float, expected: list[str]) -> None:
    weights = Weights.load()
    diversity = weights.diversity.model_copy(update={"relevance": relevance})
    recommender = Recommender(
        search=Search(),  # type: ignore[arg-type]  # what it is asked
        records=Records(),  # type: ignore[arg-type]  # likewise
        tracer=NoOpTracer(),
        settings=RecommendSettings(),
        ranker=Ranker(weights.model_copy(update={"diversity": diversity}), lambda: NOON),
        places=_no_places,
        unmet=None,  # type: ignore[arg-type]  # nothing is missing
    )
    asked = RecommendationRequest(challenge="Robotar i hemtjänsten", language="sv", limit=2)
    cards = recommender.recommend(asked).cards
    assert [card.fields.report_id for card in cards] == expected
