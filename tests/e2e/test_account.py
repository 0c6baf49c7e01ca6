"""The account balances, and shows what was done to the collection behind its back."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np

from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec, PassagePoint, SparseVector
from tests.e2e.asking import ask, follow
from tests.e2e.processes import Installation, collection

TEXTS = {
    "kept": "Barnfamiljer lånar vinterkläder av varandra i en tidigare butik vid torget.",
    "lost": "Pensionärer kör grannar till vårdcentralen med kommunens elbil.",
    "changed": "Byn driver sitt eget bibliotek i den nedlagda skolan.",
    "taken-back": "Ungdomar lagar cyklar som de får behålla.",
}
BAD_PDF = b"%PDF-1.7 this goes on as something else"


def hand_over(client: httpx.Client, name: str, more: str = "") -> str:
    """Returns the report's location once nothing more happens to it."""
    report = {"external_id": name, "title": name, "language": "sv", "text": TEXTS[name] + more}
    location = client.post("/v1/reports", json=report).headers["location"]
    assert follow(client, location)[-1]["status"] == "indexed"
    return location


def account(installation: Installation, *options: str) -> tuple[int, dict[str, Any]]:
    told = installation.command("account", "--json", *options)
    assert told.stdout, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return told.returncode, found


def stray_passage(report_id: str, version: int, dimension: int) -> PassagePoint:
    payload = {"report_id": report_id, "version": version, "partner": "local", "text": "Kvar."}
    vector = np.eye(1, dimension, dtype=np.float32)[0]
    return PassagePoint(uuid4(), vector, SparseVector((), ()), payload)


def hand_over_all_kinds(client: httpx.Client) -> dict[str, str]:
    """Reports that end in all ways there are; returns the ids of the named ones."""
    places = {name: hand_over(client, name) for name in TEXTS}
    hand_over(client, "changed", " Den är öppen på lördagar.")
    assert client.delete(places["taken-back"]).status_code == 200
    rejected = client.post("/v1/reports", files={"document": ("a.pdf", BAD_PDF)})
    assert follow(client, rejected.headers["location"])[-1]["status"] == "rejected"
    return {name: place.rpartition("/")[2] for name, place in places.items()}


def tamper(data: Path, ids: dict[str, str]) -> None:
    """Lose one report's passages, and leave some that nobody should find."""
    strays = [(ids["changed"], 1), (ids["taken-back"], 1), ("nobody", 7)]
    folder = collection(data)
    spec = CollectionSpec(**json.loads((folder / "collection.json").read_bytes()))
    with closing(EdgePassageIndex.open(folder, spec)) as index:
        index.delete_report(ids["lost"])
        index.upsert([stray_passage(*stray, spec.dimension) for stray in strays])


def test_a_collection_that_was_tampered_with_is_noticed_and_mended(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start()
    with installation.client() as client:
        ids = hand_over_all_kinds(client)
        code, found = account(installation, "--repair")
        assert code == 0, found
        assert (found["balanced"], found["missing"]) == (True, [])
        assert list(found["totals"].values()) == [6, 3, 1, 0, 1, 1]
        assert found["collection"]["passages_expected"] == 3
        public = client.get("/v1/accounts/intake", params={"partner": "local"}).json()
        assert public["totals"] == found["totals"]
        assert "balances" in installation.command("account").stdout
    assert process.terminate() == 0
    tamper(tmp_path, ids)

    process = installation.start()
    with installation.client() as client:
        code, found = account(installation)
        assert (code, found["balanced"]) == (1, True)
        lost = {"report_id": ids["lost"], "version": 1, "expected": 1, "found": 0}
        assert found["collection"]["discrepancies"] == [lost]
        strays = {(o["report_id"], o["status"]) for o in found["collection"]["orphans"]}
        withdrawn = (ids["taken-back"], "withdrawn")
        assert strays == {(ids["changed"], "indexed"), withdrawn, ("nobody", None)}
        code, found = account(installation, "--repair")
        assert code == 0, found
        assert found["collection"]["passages_found"] == 3
        titles = [card["title"] for card in ask(client, "elbil till vårdcentralen")["cards"]]
        assert "lost" in titles
        assert "taken-back" not in titles
    assert process.terminate() == 0


def test_without_embed_the_account_says_that_it_was_not_checked(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start("broker", "ingest", "gateway")
    code, found = account(installation)
    assert (code, found["collection"]["checked"]) == (1, False)
    assert "embed" in found["collection"]["reason"]
    assert account(installation, "--no-check")[0] == 0
    assert process.terminate() == 0
