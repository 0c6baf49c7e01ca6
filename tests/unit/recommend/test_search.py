"""Searching, similar projects, counts and peers, over HTTP, on a real index."""

from typing import Any

import pytest

from libs.database.engine import Database
from libs.events.payloads import ReportIndexed, ReportRemoved, ReportWithdrawn
from services.recommend.feedback.scores import FeedbackScores
from services.recommend.handlers import RecommendHandlers
from services.recommend.records import MB, ReportRecords
from services.recommend.warming import RecordWarmer
from tests.unit.recommend.stage import Stage, client


def counts(told: list[dict[str, Any]]) -> dict[Any, int]:
    return {each["value"]: each["reports"] for each in told}


def test_a_search_finds_passages_with_their_place(stage: Stage) -> None:
    answer = stage.ask("POST", "/v1/search", json={"query": "work for the young", "limit": 2})
    found = answer.json()["passages"]
    assert {each["report_id"] for each in found} == {"a", "b"}
    assert {each["outcome"] for each in found} == {"succeeded", "failed"}
    first = found[0]["evidence"]
    section = stage.contents[found[0]["report_id"]].report.sections[first["section"]]
    assert section.text[first["start"] : first["end"]] == first["quote"]
    assert first["similarity"] > 0.9


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"outcomes": ["failed"]}, {"b"}),
        ({"year_from": 2021}, {"b", "c"}),
        ({"year_to": 2020}, {"a"}),
        ({"year_from": 2019, "year_to": 2019, "countries": ["SE", "FI"]}, {"a"}),
        ({"nuts": ["SE331"]}, {"a"}),
        ({"partners": ["umea"], "sdgs": [10]}, {"a"}),
        ({"partners": ["oslo"]}, set()),
        ({"themes": ["own-theme"]}, {"a"}),
    ],
)
def test_filters_hold_for_passages_and_reports(
    stage: Stage, filters: dict[str, Any], expected: set[str]
) -> None:
    answer = stage.ask("POST", "/v1/search", json={"query": "work", "filters": filters})
    assert {each["report_id"] for each in answer.json()["passages"]} == expected
    assert stage.ask("GET", "/v1/facets", params=filters).json()["reports"] == len(expected)


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({"year_from": 2021, "year_to": 2020}, "/year_to"),
        ({"year_from": 1}, "/year_from"),
        ({"themes": ["youth-work", "nowhere"]}, "/themes/1"),
        ({"target_groups": ["nobody"]}, "/target_groups/0"),
        ({"outcomes": ["great"]}, "/outcomes/0"),
        ({"nuts": ["se"]}, "/nuts/0"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_filters_that_nothing_can_match_are_refused(
    stage: Stage, filters: dict[str, Any], pointer: str
) -> None:
    for method, path, more, place in (
        ("POST", "/v1/search", {"json": {"query": "work", "filters": filters}}, "/filters"),
        ("POST", "/v1/peers", {"json": {"challenge": "work", "filters": filters}}, "/filters"),
        ("GET", "/v1/facets", {"params": filters}, "/query"),
        ("GET", "/v1/projects/a/similar", {"params": filters}, "/query"),
    ):
        answer = stage.ask(method, path, **more)
        assert answer.status_code == 422, path
        assert [error["pointer"] for error in answer.json()["errors"]] == [place + pointer], path


def test_similar_projects_are_told_in_short(stage: Stage) -> None:
    found = stage.ask("GET", "/v1/projects/b/similar", params={"limit": 2}).json()["projects"]
    assert len(found) == 2
    assert found[0]["project"]["report_id"] == "a"
    assert found[0]["project"]["organisation"]["country"] == "SE"
    finnish = stage.ask("GET", "/v1/projects/b/similar", params={"countries": "FI"}).json()
    assert [each["project"]["report_id"] for each in finnish["projects"]] == ["c"]


def test_a_project_that_is_not_there_has_none_like_it(stage: Stage) -> None:
    assert stage.ask("GET", "/v1/projects/nowhere/similar").status_code == 404


def test_a_report_that_was_withdrawn_this_moment_is_not_told(stage: Stage) -> None:
    del stage.contents["a"]
    similar = stage.ask("GET", "/v1/projects/b/similar").json()["projects"]
    assert "a" not in {each["project"]["report_id"] for each in similar}
    found = stage.ask("POST", "/v1/search", json={"query": "work"}).json()["passages"]
    assert "a" not in {each["report_id"] for each in found}
    peers = stage.ask("POST", "/v1/peers", json={"challenge": "work"}).json()["peers"]
    assert [len(peer["experience"]) for peer in peers] == [1, 1]


def test_facets_count_reports_and_not_passages(stage: Stage) -> None:
    found = stage.ask("GET", "/v1/facets").json()
    assert found["reports"] == 4
    assert counts(found["countries"]) == {"SE": 2, "FI": 1}
    assert counts(found["sdgs"]) == {8: 2, 10: 1}
    assert counts(found["years"]) == {2021: 2, 2019: 1}
    assert counts(found["partners"]) == {"umea": 4}
    assert counts(found["outcomes"]) == {"failed": 1, "succeeded": 1}
    one = stage.ask("GET", "/v1/facets", params={"limit": 1, "sdgs": [8]}).json()
    assert counts(one["themes"]) == {"youth-work": 2}


def test_themes_show_failures_and_are_counted_anew_when_reports_change(stage: Stage) -> None:
    first = stage.ask("GET", "/v1/themes").json()
    assert (first["reports"], first["failed"]) == (4, 1)
    assert first["themes"][0] == {"value": "youth-work", "reports": 2, "failed": 1}
    assert [year["value"] for year in first["years"]] == [2019, 2021]
    records, scores = ReportRecords(client(stage.ingest), MB), FeedbackScores(Database("sqlite://"))
    warmer = RecordWarmer(client(stage.ingest), records)
    handlers = RecommendHandlers(records, stage.themes, scores, warmer)
    stage.put("e", "work", outcome="failed", themes=["new-theme"])
    assert stage.ask("GET", "/v1/themes").json() == first
    handlers.on_report_indexed(ReportIndexed(report_id="e", version=1, passages=1, model="m"))
    assert stage.ask("GET", "/v1/themes").json()["failed"] == 2
    # Twice is once, and a withdrawal counts when the passages are gone.
    handlers.on_report_withdrawn(ReportWithdrawn(report_id="e", version=1))
    stage.index.delete_report("e")
    for _ in range(2):
        handlers.on_report_removed(ReportRemoved(report_id="e", version=1))
        assert stage.ask("GET", "/v1/themes").json() == first


def test_peers_are_lead_organisations_with_all_their_nearest_projects(stage: Stage) -> None:
    asked = {"challenge": "work for the young", "limit": 1}
    (peer,) = stage.ask("POST", "/v1/peers", json=asked).json()["peers"]
    # One organisation, however its name is written.
    assert peer["organisation"]["country"] == "SE"
    assert {each["project"]["report_id"] for each in peer["experience"]} == {"a", "b"}
    by_id = {each["project"]["report_id"]: each for each in peer["experience"]}
    assert by_id["a"]["contacts"][0]["name"] == "Anna"
    assert by_id["b"]["contacts"] == []
    assert by_id["b"]["project"]["outcome"] == "failed"
    assert by_id["b"]["evidence"]["quote"] == "work with mentors did not last"
    peers = stage.ask("POST", "/v1/peers", json=asked | {"limit": 9}).json()["peers"]
    # Another country's organisation of the same name is another; "d" names none.
    assert [each["organisation"]["country"] for each in peers] == ["SE", "FI"]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5_001])
def test_no_text_and_too_much_text_are_refused(stage: Stage, text: str) -> None:
    assert stage.ask("POST", "/v1/search", json={"query": text}).status_code == 422
    assert stage.ask("POST", "/v1/peers", json={"challenge": text}).status_code == 422
