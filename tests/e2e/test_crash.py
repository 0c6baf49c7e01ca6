"""kill -9 of everything while reports are in flight: none is lost, none is found twice."""

import json
from contextlib import closing
from pathlib import Path

from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec
from tests.e2e.asking import ask
from tests.e2e.processes import Installation, collection, eventually

REPORTS = 50
VILLAGES = ["Ammarnäs", "Kuhmo", "Ludza", "Molėtai", "Mrągowo", "Vega", "Haapsalu", "Anklam"]


def report(number: int) -> dict[str, str]:
    village = VILLAGES[number % len(VILLAGES)]
    paragraphs = [
        f"Bybutiken i {village} blev mötesplats nummer {number}. Grannar turas om i kassan.",
        f"Efter {number + 2} månader kom {number * 3 + 10} i veckan, de flesta över 70 år.",
        "Hemtjänsten kommer förbi på tisdagar, och bussen stannar utanför.",
    ]
    return {
        "external_id": f"crash-{number}",
        "title": f"Bybutik {number} i {village}",
        "language": "sv",
        "text": "\n\n".join(paragraphs * 4),
    }


def test_fifty_reports_survive_kill_9_of_everything(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start()
    with installation.client() as client:
        for number in range(REPORTS):
            assert client.post("/v1/reports", json=report(number)).status_code == 202
        indexed = eventually(
            lambda: installation.counts().get("indexed"), within=60, what="some are indexed"
        )
    process.kill_everything()
    assert indexed < REPORTS, "the kill must come while reports are in flight"

    process = installation.start()
    eventually(
        lambda: installation.counts().get("indexed") == REPORTS, within=90, what="all are indexed"
    )
    assert sum(installation.counts().values()) == REPORTS
    with installation.client() as client:
        cards = ask(client, "Hur håller vi liv i bybutiken?", limit=50)["cards"]
        receipts = client.get("/v1/reports", params={"limit": 200}).json()["items"]
    assert len({card["report_id"] for card in cards}) == len(cards)
    assert process.terminate() == 0
    folder = collection(tmp_path)
    spec = CollectionSpec(**json.loads((folder / "collection.json").read_bytes()))
    with closing(EdgePassageIndex.open(folder, spec)) as index:
        assert index.count() == sum(receipt["passages"] for receipt in receipts) >= REPORTS
