"""An answer in the language that is asked for: its words are, its quotations stay as they are."""

import httpx
import pytest

from libs.taxonomy.labels import label
from libs.taxonomy.wording import words
from tests.e2e.asking import ask, assert_verbatim, follow

# This report's, and no other's: the platform holds what all tests have pushed.
REGION = "IS003"
# A language that is given would hold for all of it, so it is left to be found out.
REPORT = {
    "title": "Läxhjälp i två språk",
    "sections": [
        {
            "heading": "Vad vi gjorde",
            "text": "Pensionärer hjälpte barn med läxorna på biblioteket två kvällar i veckan. "
            "Barnen fick bättre betyg och pensionärerna fick sällskap. Efter två år tog kommunen "
            "över samordningen, och i dag går hjälpen vidare med nya frivilliga varje höst.",
        },
        {
            "heading": "Mitä teimme",
            "text": "Eläkeläiset auttoivat lapsia läksyissä kirjastossa kahtena iltana viikossa. "
            "Lapset saivat parempia arvosanoja ja eläkeläiset saivat seuraa.",
        },
    ],
    "methods": [{"name": "Läxhjälp", "needs": {"staff": "En samordnare på halvtid"}}],
    "target_groups": ["children", "older-people"],
    "sdgs": [4],
    "budget": {"amount": 20_000, "currency": "EUR"},
    "outcome": "succeeded",
    "places": [{"country": "IS", "nuts": REGION}],
}
PROFILE = {
    "country": "SE",
    "staff": 1,
    "target_groups": ["children", "families"],
    "sdgs": [4],
    "budget": {"amount": 500_000, "currency": "SEK"},
}


@pytest.fixture
def pushed(client: httpx.Client) -> None:
    accepted = client.post("/v1/reports", json=REPORT)
    # 200 for what the test before has pushed.
    assert accepted.status_code in {200, 202}, accepted.text
    assert follow(client, accepted.headers["location"])[-1]["status"] == "indexed"


@pytest.mark.usefixtures("pushed")
@pytest.mark.parametrize("language", ["sv", "fi"])
def test_words_and_quotations_are_in_the_language_asked_for(
    client: httpx.Client, language: str
) -> None:
    answer = ask(
        client,
        "Homework help for children",
        language="en",
        answer_language=language,
        profile=PROFILE,
        filters={"nuts": [REGION]},
    )
    (card,) = answer["cards"]
    assert card["evidence"][0]["language"] == language
    assert_verbatim(client, card)
    told, known = answer["wording"]["words"], words(language)
    assert answer["wording"]["language"] == language
    assert told["sdgs.4"] == label("sdgs", 4, language)
    assert told["outcome.succeeded"] == known["outcome.succeeded"]
    for name in ("size", "needs", "target_groups", "sdgs"):
        code = card["fit"][name]["code"]
        assert told[f"fit.{name}"] == known[f"fit.{name}"]
        assert told[f"code.{code}"] == known[f"code.{code}"]
    for part in card["ranking"]["parts"]:
        assert told[f"ranking.{part['name']}"]
        assert told[f"code.{part['code']}"]


@pytest.mark.usefixtures("pushed")
def test_a_profile_s_groups_goals_people_and_money_are_compared(client: httpx.Client) -> None:
    asked = "Homework help for children"
    answer = ask(client, asked, profile=PROFILE, filters={"nuts": [REGION]})
    assert answer["wording"] is None
    fit = answer["cards"][0]["fit"]
    assert (fit["target_groups"]["value"], fit["target_groups"]["code"]) == (0.5, "some-named")
    assert fit["sdgs"]["code"] == "all-named"
    assert fit["needs"]["code"] == "enough"
    assert fit["converted"]["budget"]["currency"] == "SEK"
    assert fit["staff"]["full_time"] == 0.5
    assert fit["staff"]["citation"]["value"] == "En samordnare på halvtid"


@pytest.mark.parametrize("language", ["fr", "SV", "sv-FI", "", 7])
def test_another_language_is_refused(client: httpx.Client, language: object) -> None:
    body = {"challenge": "Homework help", "answer_language": language}
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/answer_language"


def test_a_target_group_that_is_not_known_is_refused(client: httpx.Client) -> None:
    body = {"challenge": "Homework help", "profile": {"target_groups": ["wizards"]}}
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/profile/target_groups/0"
