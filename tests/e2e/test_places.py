"""Places, through the gateway."""

import httpx


def test_a_place_is_picked_by_the_beginning_of_its_name(client: httpx.Client) -> None:
    answer = client.get("/v1/places", params={"q": "gotebo", "limit": 1})
    assert answer.status_code == 200, answer.text
    (place,) = answer.json()["places"]
    assert (place["name"], place["country"]) == ("Gothenburg", "SE")
    refused = client.get("/v1/places", params={"q": "a", "limit": 51})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/query/limit"
