"""A withdrawal arrives although embed was away and the broker lost its memory."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec
from tests.e2e.asking import follow
from tests.e2e.processes import Installation, collection, eventually

REPORT = {"title": "Kanotpoolen", "text": "Kanotpoolen lånar ut kanoter till nyinflyttade."}


def passages(data: Path) -> int:
    folder = collection(data)
    spec = CollectionSpec(**json.loads((folder / "collection.json").read_bytes()))
    with closing(EdgePassageIndex.open(folder, spec)) as index:
        return index.count()


def one_number(data: Path, question: str) -> int:
    with closing(sqlite3.connect(data / "navigator.db")) as connection:
        return int(connection.execute(question).fetchone()[0])


def test_a_withdrawal_outlives_the_broker(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start()
    with installation.client() as client:
        location = client.post("/v1/reports", json=REPORT).headers["location"]
        assert follow(client, location)[-1]["status"] == "indexed"
    assert process.terminate() == 0
    assert passages(tmp_path) == 1

    process = installation.start("broker", "ingest", "gateway")
    with installation.client() as client:
        assert client.delete(location).json()["status"] == "withdrawn"
    eventually(
        lambda: one_number(tmp_path, "SELECT count(*) FROM outbox") == 0,
        within=20,
        what="the broker has taken the event",
    )
    process.kill_everything()
    shutil.rmtree(tmp_path / "broker")

    process = installation.start()
    eventually(
        lambda: one_number(tmp_path, "SELECT count(removed_at) FROM report_versions") == 1,
        within=60,
        what="embed has confirmed it",
    )
    assert process.terminate() == 0
    assert passages(tmp_path) == 0
