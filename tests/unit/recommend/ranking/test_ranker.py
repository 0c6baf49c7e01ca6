"""The order of an answer."""

import datetime as dt
from uuid import UUID

from libs.events.ranking import PartName, ScorePart
from libs.events.report import Method, NormalisedReport, ReportContent
from libs.vectors.port import PassageHit
from services.recommend.cards import FoundReport
from services.recommend.ranking.methods import Voter, support, votes
from services.recommend.ranking.ranker import Candidate, Ranker, match_parts
from services.recommend.ranking.weights import Weights
from services.recommend.record import Record

NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


def candidate(report_id: str, match: float, *methods: str) -> Candidate:
    hit = PassageHit(UUID(int=1), match, 0.8, {})
    report = NormalisedReport(
        title=report_id, sections=(), methods=tuple(Method(name=name) for name in methods)
    )
    content = ReportContent(report_id=report_id, version=1, partner="p", report=report)
    return FoundReport(report_id, 1, (hit,)), Record(content)


def test_a_method_has_the_votes_of_the_reports_that_used_it() -> None:
    near = [Voter("a", 0.5, frozenset("xy")), Voter("b", 0.25, frozenset("x"))]
    assert votes(near) == {"x": 0.75, "y": 0.5}


def test_a_report_is_no_witness_for_itself() -> None:
    alone = Voter("a", 0.5, frozenset("x"))
    assert support(alone, votes([alone])) == 0
    assert support(Voter("b", 0.5, frozenset()), {}) == 0


def test_a_method_that_others_used_lifts_a_report() -> None:
    found = [
        candidate("near", 0.9, "Samhällsguide"),
        candidate("alone", 0.52, "Annat"),
        candidate("shared", 0.5, "  samhällsGUIDE"),
    ]
    alone, shared = match_parts(found, 0.3)[1:]
    assert shared.value is not None
    assert alone.value is not None
    assert shared.value > alone.value
    assert [each.value for each in match_parts(found, 0.0)] == [0.9, 0.52, 0.5]


def test_naming_no_method_or_one_that_no_other_used_is_the_same() -> None:
    unnamed, alone = match_parts([candidate("a", 0.5), candidate("b", 0.5, "Eget")], 0.3)
    assert unnamed == alone
    assert unnamed.code == "passages"


def test_parts_that_count_change_the_order_and_one_question_can_bring_its_own() -> None:
    weights = Weights.load()
    on = weights.model_copy(update={"weights": {**weights.weights, PartName.PLACE: 1.0}})
    ranker = Ranker(on, lambda: NOON)

    def place(record: Record) -> ScorePart:
        return ScorePart(value=1.0 if record.content.report_id == "b" else 0.1, code="test")

    candidates = [candidate("a", 0.9), candidate("b", 0.5)]
    assert [each.found.report_id for each in ranker.rank(candidates)] == ["a", "b"]
    ranked = ranker.rank(candidates, {PartName.PLACE: place})
    assert [each.found.report_id for each in ranked] == ["b", "a"]


def test_what_has_equal_scores_stays_as_it_was_found() -> None:
    candidates = [candidate(name, 0.5) for name in "cab"]
    ranked = Ranker(Weights.load(), lambda: NOON).rank(candidates)
    assert [each.found.report_id for each in ranked] == ["c", "a", "b"]
