"""The engine is changed under a collection: the same vectors, so nothing is indexed anew."""

import json
from pathlib import Path

from tests.e2e.asking import ask, follow, push_document
from tests.e2e.processes import REPOSITORY, Installation

DEMO = REPOSITORY / "data" / "demo" / "documents"
QUESTION = "Nuoret, jotka eivät ole töissä eivätkä koulussa"


def test_a_collection_of_the_default_engine_is_asked_and_added_to(tmp_path: Path) -> None:
    for engine, name in (
        ("openvino", "se-inlandet-nasta-steg.pdf"),
        ("transformers", "bsr-small-town-budget.md"),
    ):
        installation = Installation(tmp_path, NAVIGATOR_EMBED_ENGINE=engine)
        process = installation.start()
        with installation.client() as client:
            path = DEMO / name
            metadata = json.loads(path.with_suffix(".meta.json").read_bytes())
            accepted = push_document(client, path, metadata)
            assert follow(client, accepted.headers["location"])[-1]["status"] == "indexed"
            [card, *_] = ask(client, QUESTION)["cards"]
            assert "Nästa steg" in card["title"], card
        assert process.terminate() == 0, "".join(process.output)
