"""Unmet needs: kept once a day, without who had them, and published without their words."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from libs.database.sweeper import Sweeper
from services.recommend.unmet.needs import forget_needs
from tests.integration.recommend.stage import Stage

ASKED = "Vi når inte unga som är ensamma i byarna, ring mig på 070-123 45 67"


def test_a_need_is_told_without_its_words_and_to_operators_with_them(stage: Stage) -> None:
    themes = ["loneliness", "youth-work", "loneliness"]
    stage.needs.record(f"{ASKED}\0", themes=themes, country="SE", size_class="small-town")
    (told,) = stage.ask("/v1/unmet-needs").json()["items"]
    assert told == {
        "day": "2026-05-04",
        "language": "sv",
        "country": "SE",
        "themes": ["loneliness", "youth-work"],
    }
    (read,) = stage.ask("/internal/unmet-needs").json()["items"]
    assert read["text"] == "Vi når inte unga som är ensamma i byarna, ring mig på [number]"
    assert read["size_class"] == "small-town"


def test_the_same_need_is_one_a_day(stage: Stage) -> None:
    for _ in range(3):
        stage.needs.record(f"  {ASKED.upper()}\n", country="SE")
        stage.needs.record(ASKED, country="SE")
    assert len(stage.ask("/v1/unmet-needs").json()["items"]) == 1
    stage.needs.record(ASKED, country="FI")
    stage.now += dt.timedelta(days=1)
    stage.needs.record(ASKED, country="SE")
    days = [need["day"] for need in stage.ask("/v1/unmet-needs").json()["items"]]
    assert days == ["2026-05-04", "2026-05-04", "2026-05-05"]


def test_the_same_need_at_one_time_is_one(stage: Stage) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stage.needs.record(ASKED, themes=["a", "b"]), range(16)))
    (need,) = stage.ask("/v1/unmet-needs").json()["items"]
    assert need["themes"] == ["a", "b"]


def test_filters_and_pages_go_together(stage: Stage) -> None:
    for number in range(5):
        country = "SE" if number % 2 else "FI"
        stage.needs.record(f"{ASKED} {'a' * number}", language="sv", country=country, themes=["a"])
    stage.now += dt.timedelta(days=1)
    stage.needs.record(ASKED, language="fi", country="FI", themes=["b", "a"])

    def found(**query: object) -> int:
        return len(stage.ask("/v1/unmet-needs", **query).json()["items"])

    told = (found(country="FI"), found(language="fi"), found(theme="b"), found(theme="a"))
    assert told == (4, 1, 1, 6)
    assert found(since="2026-05-05") == 1
    first = stage.ask("/v1/unmet-needs", country="FI", limit=3).json()
    rest = stage.ask("/v1/unmet-needs", country="FI", limit=3, cursor=first["next"]).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)


def test_what_is_not_understood_is_refused(stage: Stage) -> None:
    for query in ({"cursor": "x"}, {"country": "Sweden"}, {"since": "-1"}, {"colour": "red"}):
        assert stage.ask("/v1/unmet-needs", **query).status_code == 422


def test_only_so_many_are_kept_a_day(stage: Stage) -> None:
    needs = replace(stage.needs, most=2)
    for number in range(4):
        needs.record(f"{ASKED} {'a' * number}")
    stage.now += dt.timedelta(days=1)
    needs.record(ASKED)
    days = [need["day"] for need in stage.ask("/v1/unmet-needs").json()["items"]]
    assert days == ["2026-05-04", "2026-05-04", "2026-05-05"]


def test_a_language_is_known_by_its_first_part(stage: Stage) -> None:
    stage.needs.record(ASKED, language="sv-" + "-".join(["abcdefgh"] * 20))
    (need,) = stage.ask("/v1/unmet-needs", language="sv-FI").json()["items"]
    assert need["language"] == "sv"


def test_old_needs_are_forgotten(stage: Stage) -> None:
    stage.needs.record(ASKED, themes=["a"])
    stage.now += dt.timedelta(days=3)
    stage.needs.record(ASKED, themes=["b"])
    rules = {forget_needs: dt.timedelta(days=2)}
    Sweeper(stage.database, lambda: stage.now, rules).sweep()
    (need,) = stage.ask("/v1/unmet-needs").json()["items"]
    assert (need["day"], need["themes"]) == ("2026-05-07", ["b"])
