"""A report in two documents, from the command line to a quotation that names one of them."""

import json
from pathlib import Path

import httpx

from tests.e2e.asking import ask, assert_verbatim
from tests.e2e.processes import REPOSITORY, Installation

ANNEX = REPOSITORY / "data" / "demo" / "documents" / "lv-latgale-pakalpojumu-buss.pdf"
REPORT = """# Mobila tjänster i glesbygd

Medborgarbussen kör runt mellan byarna med bibliotekarie, sjuksköterska och handläggare ombord.
"""


def test_a_quotation_names_its_document(
    platform: Installation, client: httpx.Client, tmp_path: Path
) -> None:
    report = tmp_path / "rapport.md"
    report.write_text(REPORT, encoding="utf-8")
    told = platform.command("push", "--as-one", "--json", str(report), str(ANNEX))
    assert told.returncode == 0, told.stderr
    (receipt,) = json.loads(told.stdout)
    assert receipt["title"] == "Mobila tjänster i glesbygd"
    assert [document["filename"] for document in receipt["documents"]] == [report.name, ANNEX.name]
    for document, path in zip(receipt["documents"], (report, ANNEX), strict=True):
        assert client.get(document["link"]).content == path.read_bytes()
    asked = ask(client, "Mobila pakalpojumu buss, kas brauc pa ciemiem", limit=20)
    (card,) = [card for card in asked["cards"] if card["report_id"] == receipt["report_id"]]
    assert_verbatim(client, card)
    named = {evidence["document"]["filename"] for evidence in card["evidence"]}
    assert ANNEX.name in named
    for evidence in card["evidence"]:
        document = receipt["documents"][evidence["document"]["number"]]
        assert evidence["document"] == {
            name: document[name] for name in ("number", "filename", "link")
        }
        assert (evidence["page"] is not None) == (document["filename"] == ANNEX.name)


def test_one_external_id_names_one_report(platform: Installation, tmp_path: Path) -> None:
    report = tmp_path / "rapport.md"
    report.write_text(REPORT, encoding="utf-8")
    told = platform.command("push", str(report), str(ANNEX), "--external-id", "x")
    assert told.returncode == 1
    assert "--as-one" in told.stderr
