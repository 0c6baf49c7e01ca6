"""A vector store that is wiped is made anew from the SQL record."""

import json
import shutil
from pathlib import Path

from tests.e2e.asking import ask, assert_verbatim, follow
from tests.e2e.processes import Installation, eventually

REPORT = {
    "external_id": "replay",
    "title": "Lånegarderoben i Pajala",
    "language": "sv",
    "text": "Barnfamiljer lånar vinterkläder av varandra i en tidigare butik vid torget.",
}
QUESTION = "How can families share winter clothes?"


def test_a_wiped_index_is_made_anew(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start()
    with installation.client() as client:
        accepted = client.post("/v1/reports", json=REPORT)
        assert follow(client, accepted.headers["location"])[-1]["status"] == "indexed"
    assert process.terminate() == 0
    shutil.rmtree(tmp_path / "index")

    process = installation.start()
    with installation.client() as client:
        assert ask(client, QUESTION)["cards"] == []
        told = installation.command("replay", "--json")
        assert (told.returncode, json.loads(told.stdout)) == (0, {"reports": 1})
        card = eventually(
            lambda: ask(client, QUESTION)["cards"], within=30, what="the report is found again"
        )[0]
        assert card["title"] == REPORT["title"]
        assert_verbatim(client, card)
        assert client.get(accepted.headers["location"]).json()["status"] == "indexed"
    assert process.terminate() == 0
