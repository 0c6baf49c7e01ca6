"""Looking around at the gateway: passages, similar projects, counts, themes and peers."""

import json
from typing import Any

import httpx
import pytest

from tests.e2e.asking import assert_verbatim, follow, push_document
from tests.e2e.processes import REPOSITORY, Installation, eventually

DEMO = REPOSITORY / "data" / "demo" / "documents"
NAMES = ("fi-kainuu-kylatupa.docx", "ee-vorumaa-kulakutse.html", "se-inlandet-nasta-steg.pdf")
YOUNG = "Unga som varken arbetar eller studerar och som vi inte når"


@pytest.fixture(scope="module")
def pushed(platform: Installation) -> list[str]:
    """The ids of three reports of three countries."""
    found = []
    with platform.client() as client:
        for name in NAMES:
            path = DEMO / name
            metadata = json.loads(path.with_suffix(".meta.json").read_bytes())
            accepted = push_document(client, path, metadata)
            follow(client, accepted.headers["location"])
            found.append(accepted.json()["report_id"])
    return found


def counts(told: list[dict[str, Any]]) -> dict[Any, int]:
    return {each["value"]: each["reports"] for each in told}


def test_a_search_quotes_verbatim_under_its_filters(
    pushed: list[str], client: httpx.Client
) -> None:
    asked = {"query": YOUNG, "filters": {"countries": ["SE"]}, "limit": 5}
    found = client.post("/v1/search", json=asked).json()["passages"]
    assert found
    for passage in found:
        assert_verbatim(client, {**passage, "evidence": [passage["evidence"]]})
        page = client.get(passage["evidence"]["link"])
        assert page.status_code == 200
        assert "<mark" in page.text
    assert pushed[2] in {passage["report_id"] for passage in found}


def test_similar_projects_are_found_by_their_id(pushed: list[str], client: httpx.Client) -> None:
    found = client.get(f"/v1/projects/{pushed[0]}/similar", params={"limit": 3}).json()
    told = [each["project"]["report_id"] for each in found["projects"]]
    assert pushed[0] not in told
    assert client.get(f"/v1/projects/{'0' * 36}/similar").status_code == 404


def test_peers_are_those_who_did_it(pushed: list[str], client: httpx.Client) -> None:
    found = client.post("/v1/peers", json={"challenge": YOUNG, "limit": 5}).json()["peers"]
    shown = {
        each["project"]["report_id"]: peer["organisation"]["name"]
        for peer in found
        for each in peer["experience"]
    }
    content = client.get(f"/v1/reports/{pushed[2]}/content").json()["report"]
    assert shown[pushed[2]] == content["lead_organisation"]["name"]


def test_nobody_is_named_for_what_the_collection_is_not_about(
    pushed: list[str], client: httpx.Client
) -> None:
    assert pushed
    asked = "Vilket lag vann hockeymatchen i går kväll?"
    peers = client.post("/v1/peers", json={"challenge": asked}).json()
    assert (peers["nothing_close"], peers["peers"]) == (True, [])
    found = client.post("/v1/search", json={"query": asked}).json()
    assert found["nothing_close"]
    assert found["passages"]


def test_facets_and_themes_follow_what_comes_and_goes(
    pushed: list[str], client: httpx.Client
) -> None:
    assert pushed
    before = client.get("/v1/themes").json()
    assert counts(before["countries"])["EE"] >= 1
    report = {
        "title": "Prov",
        "text": "Ett försök som inte lyckades.",
        "outcome": "failed",
        "places": [{"country": "NO", "nuts": "NO0B1"}],
        "period": {"end": "1999-12-31"},
    }
    location = client.post("/v1/reports", json=report).headers["location"]
    follow(client, location)

    def failed() -> int:
        told: int = client.get("/v1/themes").json()["failed"]
        return told

    eventually(lambda: failed() == before["failed"] + 1, within=10, what="it is counted")
    facets = client.get("/v1/facets", params={"nuts": "NO0B1", "year_to": 1999}).json()
    assert facets["reports"] == 1
    assert counts(facets["outcomes"]) == {"failed": 1}
    client.delete(location)
    eventually(lambda: client.get("/v1/themes").json() == before, within=10, what="it is gone")
    assert client.get("/v1/facets", params={"nuts": "NO0B1"}).json()["reports"] == 0


def test_contradictory_filters_are_refused_with_their_place(client: httpx.Client) -> None:
    filters = {"year_from": 2021, "year_to": 2020}
    answer = client.post("/v1/search", json={"query": YOUNG, "filters": filters})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "/filters/year_to"
    asked = {"challenge": YOUNG, "filters": {"themes": ["no-such-theme"]}}
    answer = client.post("/v1/recommendations", json=asked)
    assert answer.json()["errors"][0]["pointer"] == "/filters/themes/0"
