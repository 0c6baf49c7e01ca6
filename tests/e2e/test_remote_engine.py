"""A platform whose model runs elsewhere: at another platform's embed service."""

import json
from pathlib import Path

import httpx

from tests.e2e.asking import ask, follow, push_document
from tests.e2e.processes import REPOSITORY, Installation

DEMO = REPOSITORY / "data" / "demo" / "documents"


def test_reports_and_questions_get_their_vectors_from_a_server(
    platform: Installation, tmp_path: Path
) -> None:
    server = f"http://127.0.0.1:{platform.ports['embed']}"
    there = httpx.get(f"{server}/internal/model", trust_env=False).json()
    elsewhere = Installation(
        tmp_path,
        NAVIGATOR_EMBED_ENGINE="remote",
        NAVIGATOR_EMBED_MODEL=there["model"],
        NAVIGATOR_EMBED_REMOTE_URL=f"{server}/v1",
        NAVIGATOR_EMBED_REMOTE_INPUT_TYPE="true",
    )
    process = elsewhere.start()
    path = DEMO / "se-inlandet-nasta-steg.pdf"
    with elsewhere.client() as client:
        metadata = json.loads(path.with_suffix(".meta.json").read_bytes())
        accepted = push_document(client, path, metadata)
        assert follow(client, accepted.headers["location"])[-1]["status"] == "indexed"
        [card, *_] = ask(client, "Nuoret, jotka eivät ole töissä eivätkä koulussa")["cards"]
        assert card["report_id"] == accepted.json()["report_id"]
        here = client.get(f"http://127.0.0.1:{elsewhere.ports['embed']}/internal/model").json()
    assert here["dimension"] == there["dimension"]
    assert here["model"].startswith(there["model"])
    assert process.terminate() == 0, "".join(process.output)
    assert not (tmp_path / "models").exists()
