"""What the end-to-end tests do again and again: push, follow, ask, check a quotation."""

import json
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import connect_sse


def push_document(
    client: httpx.Client, path: Path, metadata: dict[str, Any] | None = None
) -> httpx.Response:
    files: dict[str, Any] = {"document": (path.name, path.read_bytes())}
    if metadata:
        files["metadata"] = (None, json.dumps(metadata), "application/json")
    return client.post("/v1/reports", files=files)


def follow(client: httpx.Client, location: str, after: int = 0) -> list[dict[str, Any]]:
    """The status stream until it ends by itself."""
    headers = {"last-event-id": str(after)} if after else {}
    with connect_sse(client, "GET", f"{location}/events", headers=headers) as events:
        return [json.loads(event.data) for event in events.iter_sse()]


def ask(client: httpx.Client, challenge: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/recommendations", json={"challenge": challenge, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def assert_verbatim(client: httpx.Client, card: dict[str, Any]) -> None:
    """Every quotation of a card stands in its report at the place it names."""
    content = client.get(f"/v1/reports/{card['report_id']}/content").json()
    for evidence in card["evidence"]:
        section = content["report"]["sections"][evidence["section"]]
        assert section["text"][evidence["start"] : evidence["end"]] == evidence["quote"]
        assert section.get("heading") == evidence["heading"]
        assert section.get("page") == evidence["page"]
