"""Webhooks over HTTP: registering, reading, changing, and what is refused."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.database.engine import Database
from libs.runtime.problems import install_problem_handlers
from services.ingest.webhooks.api import webhook_routes
from tests.integration.ingest.receiver import Receiver, Reply, receiving
from tests.integration.ingest.webhook_stage import WebhookStage

MINE = {"x-navigator-partner": "norr"}
OTHERS = {"x-navigator-partner": "syd"}


@pytest.fixture
def stage(database: Database) -> WebhookStage:
    return WebhookStage(database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def ask(stage: WebhookStage, method: str, path: str, **more: Any) -> httpx.Response:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(webhook_routes(stage.endpoints))
    more.setdefault("headers", MINE)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


def registered(stage: WebhookStage, url: str, **more: Any) -> dict[str, Any]:
    answer = ask(stage, "POST", "/v1/webhooks", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhooks/{answer.json()['id']}"
    found: dict[str, Any] = answer.json()
    return found


def test_the_secret_is_shown_once(stage: WebhookStage, receiver: Receiver) -> None:
    made = registered(stage, receiver.url, events=["indexed", "rejected", "indexed"])
    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["indexed", "rejected"]
    path = f"/v1/webhooks/{made['id']}"
    one = ask(stage, "GET", path)
    listed = ask(stage, "GET", "/v1/webhooks")
    assert one.json() == {name: value for name, value in made.items() if name != "secret"}
    assert listed.json()["items"] == [one.json()]
    rotated = ask(stage, "POST", f"{path}/secret").json()
    assert rotated["secret"] != made["secret"]
    for answer in (ask(stage, "GET", path), ask(stage, "PATCH", path, json={"enabled": True})):
        assert "whsec_" not in answer.text


def test_another_partner_sees_and_does_nothing(stage: WebhookStage, receiver: Receiver) -> None:
    made = registered(stage, receiver.url)
    stage.submit()
    path = f"/v1/webhooks/{made['id']}"
    event_id = stage.rows()[0].event_id
    tried = [
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/secret"),
        ("POST", f"{path}/test"),
        ("GET", f"{path}/deliveries"),
        ("POST", f"{path}/deliveries/{event_id}/retry"),
    ]
    for method, url in tried:
        body = {"json": {}} if method == "PATCH" else {}
        assert ask(stage, method, url, headers=OTHERS, **body).status_code == 404, (method, url)
    assert ask(stage, "GET", "/v1/webhooks", headers=OTHERS).json() == {"items": []}
    assert receiver.all == []


def test_a_change_changes_what_it_names(stage: WebhookStage, receiver: Receiver) -> None:
    made = registered(stage, receiver.url, description="Ärendesystemet")
    path = f"/v1/webhooks/{made['id']}"
    changed = ask(stage, "PATCH", path, json={"events": ["rejected"], "url": None})
    assert changed.status_code == 200
    assert changed.json()["events"] == ["rejected"]
    assert changed.json()["url"] == receiver.url
    assert changed.json()["description"] == "Ärendesystemet"
    paused = ask(stage, "PATCH", path, json={"enabled": False, "description": "Ny"}).json()
    assert (paused["enabled"], paused["disabled"]["code"]) == (False, "paused")
    moved = ask(stage, "PATCH", path, json={"url": receiver.url + "/2", "enabled": True}).json()
    assert (moved["url"], moved["enabled"]) == (receiver.url + "/2", True)
    assert ask(stage, "PATCH", path, json={"url": "http://10.0.0.1/"}).status_code == 422
    assert ask(stage, "GET", path).json()["url"] == receiver.url + "/2"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "nothing"}, "/url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "/url"),
        ({"url": "https://" + "a" * 3_000}, "/url"),
        ({"url": "https://p.se", "events": []}, "/events"),
        ({"url": "https://p.se", "events": ["eaten"]}, "/events/0"),
        ({"url": "https://p.se", "secret": "mine"}, "/secret"),
        ({"url": "https://p.se", "description": "x" * 2_000}, "/description"),
    ],
)
def test_what_is_wrong_is_named(stage: WebhookStage, body: dict[str, Any], pointer: str) -> None:
    answer = ask(stage, "POST", "/v1/webhooks", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_there_is_a_limit_and_no_address_twice(stage: WebhookStage, receiver: Receiver) -> None:
    made = [registered(stage, f"{receiver.url}/{number}") for number in range(2)]
    twice = ask(stage, "POST", "/v1/webhooks", json={"url": f"{receiver.url}/1"})
    assert twice.status_code == 409
    assert made[1]["id"] in twice.json()["detail"]
    registered(stage, f"{receiver.url}/2")
    full = ask(stage, "POST", "/v1/webhooks", json={"url": f"{receiver.url}/3"})
    assert (full.status_code, full.json()["code"]) == (409, "too-many-webhooks")
    assert ask(stage, "DELETE", f"/v1/webhooks/{made[0]['id']}").status_code == 204
    registered(stage, f"{receiver.url}/3")


def test_a_test_tells_what_came_back(stage: WebhookStage, receiver: Receiver) -> None:
    made = registered(stage, receiver.url)
    receiver.reply = lambda _got: Reply(418, body=b"secret of the server")
    answer = ask(stage, "POST", f"/v1/webhooks/{made['id']}/test")
    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("duration_ms") >= 0
    assert told == {"delivered": False, "response_code": 418, "error": None}
    assert "secret of the server" not in answer.text
    got = receiver.take()
    assert got.body.startswith(b'{"type": "webhook.test"')


def test_deliveries_come_page_by_page(stage: WebhookStage, receiver: Receiver) -> None:
    made = registered(stage, receiver.url)
    stage.index("1")
    stage.take_turns()
    path = f"/v1/webhooks/{made['id']}/deliveries"
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ask(stage, "GET", path, params=parameters).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [each["seq"] for each in seen] == [3, 2, 1]
    assert {each["response_code"] for each in seen} == {200}
    again = ask(stage, "POST", f"{path}/{seen[0]['id']}/retry")
    assert again.status_code == 202
    assert again.json()["state"] == "waiting"


@pytest.mark.parametrize("cursor", ["x", "%F0", "MA==", "LTE=", "OTk5OTk5OTk5OTk5OTk5", "åäö"])
def test_a_foreign_cursor_is_refused(stage: WebhookStage, receiver: Receiver, cursor: str) -> None:
    made = registered(stage, receiver.url)
    path = f"/v1/webhooks/{made['id']}/deliveries"
    answer = ask(stage, "GET", path, params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


@pytest.mark.parametrize("webhook_id", ["%00", "nothing", "%F0%9F%92%A9"])
def test_no_such_webhook(stage: WebhookStage, webhook_id: str) -> None:
    assert ask(stage, "GET", f"/v1/webhooks/{webhook_id}").status_code == 404
    path = f"/v1/webhooks/{webhook_id}/deliveries/{webhook_id}/retry"
    assert ask(stage, "POST", path).status_code == 404
