"""Many reports at once, through the gateway and from the command line."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.processes import Installation, eventually

NDJSON = {"content-type": "application/x-ndjson"}
CSV = """Projektliste 2024;;;;
Projekt-ID;Projektname;Projektbeschreibung;Gesamtkosten (EUR);Landkreis
d-1;Dorfladen;Ein Laden für alle, den das Dorf gemeinsam betreibt und beliefert.;12.500,50;Uckermark
d-2;;Ein Vorhaben ohne Namen, das niemand wiederfindet.;8.000,00;Prignitz
d-3;Mitfahrbank;Eine Bank am Ortsausgang, an der mitgenommen wird, wer dort sitzt.;ca. 900;Barnim
"""


def report(number: int) -> dict[str, Any]:
    text = f"Bystuga nummer {number} höll öppet för alla på torsdagar, året om."
    return {"external_id": f"bulk-{number}", "title": f"Bystuga {number}", "text": text}


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.text.splitlines()]


def is_indexed(client: httpx.Client, location: str) -> bool:
    return bool(client.get(location).json()["status"] == "indexed")


def test_a_stream_of_three_hundred_is_answered_line_by_line(client: httpx.Client) -> None:
    sent = [json.dumps(report(number)) for number in range(300)]
    sent[17] = "not json"
    answer = client.post("/v1/bulk/reports", content="\n".join(sent), headers=NDJSON)
    assert answer.headers["content-type"] == NDJSON["content-type"]
    *told, last = lines(answer)
    assert [each["line"] for each in told] == list(range(1, 301))
    assert {each["status"] for each in told} == {202, 422}
    assert last == {"summary": {"received": 300, "accepted": 299, "unchanged": 0, "refused": 1}}
    location = told[0]["location"]
    eventually(lambda: is_indexed(client, location), within=60, what="the first line's report")


def test_a_table_is_taken_in_row_by_row(client: httpx.Client) -> None:
    files = {"document": ("liste.csv", CSV.encode("cp1252"))}
    defaults = {"country": "DE", "language": "de"}
    form: dict[str, Any] = files | {"defaults": (None, json.dumps(defaults))}
    preview = client.post("/v1/bulk/table", params={"dry_run": True}, files=form).json()
    assert (preview["header_row"], preview["rows"], preview["refused"]) == (2, 3, 1)
    *told, last = lines(client.post("/v1/bulk/table", files=form))
    assert [(each["row"], each["status"]) for each in told] == [(3, 202), (4, 422), (5, 202)]
    assert last["summary"]["refused"] == 1
    location = told[0]["location"]
    eventually(lambda: is_indexed(client, location), within=60, what="the first row's report")
    content = client.get(f"{location}/content").json()["report"]
    assert content["budget"] == {"amount": 12_500.5, "currency": "EUR"}
    assert content["places"][0]["name"] == "Uckermark"


def test_the_routes_are_described(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    for path in ("/v1/bulk/reports", "/v1/bulk/table"):
        answers = described["paths"][path]["post"]["responses"]["200"]["content"]
        assert "application/x-ndjson" in answers
    assert {"Answer", "LastLine", "TableMapping", "TablePreview"} <= set(
        described["components"]["schemas"]
    )


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [("/v1/bulk/reports", "application/json", 415), ("/v1/bulk/table", "text/csv", 415)],
)
def test_wrong_requests_are_refused(
    client: httpx.Client, path: str, content_type: str, status: int
) -> None:
    answer = client.post(path, content=b"{}", headers={"content-type": content_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_import_shows_a_table_takes_a_corrected_mapping_and_tells_the_rest(
    platform: Installation, tmp_path: Path
) -> None:
    path, mapping = tmp_path / "liste.csv", tmp_path / "mapping.json"
    path.write_bytes(CSV.replace("d-", "cli-").encode("cp1252"))
    told = platform.command("import", str(path), "--dry-run", "--save-mapping", str(mapping))
    assert told.returncode == 1
    assert "Projektbeschreibung" in told.stdout
    assert "2 of 3 rows would be handed over" in told.stdout
    assert "row 4: /title" in told.stderr
    saved = json.loads(mapping.read_text(encoding="utf-8"))
    fields = {column["header"]: column["field"] for column in saved["columns"]}
    assert fields["Projektname"] == "title"
    saved["columns"][4]["field"] = None
    mapping.write_text(json.dumps(saved), encoding="utf-8")
    options = ["--mapping", str(mapping), "--defaults", '{"country": "DE"}', "--language", "de"]
    told = platform.command("import", str(path), *options)
    assert told.returncode == 1
    assert "2 handed over, 0 were there already, unchanged, 1 refused" in told.stdout
    told = platform.command("import", str(path), *options, "--json")
    found = json.loads(told.stdout)
    assert found["summary"]["unchanged"] == 2
    assert [answer["row"] for answer in found["answers"]] == [3, 4, 5]


def test_import_takes_ndjson_in_pieces(platform: Installation, tmp_path: Path) -> None:
    path = tmp_path / "rapporter.ndjson"
    some = [json.dumps(report(number) | {"external_id": f"nd-{number}"}) for number in range(230)]
    path.write_text("\n".join([*some, "{"]), encoding="utf-8")
    told = platform.command("import", str(path), "--dry-run")
    assert told.returncode == 1
    assert "230 of 231 would be handed over" in told.stdout
    told = platform.command("import", str(path))
    assert told.returncode == 1
    assert "line 231:" in told.stderr
    assert "230 handed over" in told.stdout


@pytest.mark.parametrize(
    ("name", "content", "options", "word"),
    [
        ("a.csv", b"Kommun;Land\nUme;Sverige\n", [], "title"),
        ("a.csv", b"%PDF-1.7", [], "no table"),
        ("a.csv", CSV.encode(), ["--sheet", "Ett", "--defaults", "nonsense"], "--defaults"),
        ("a.csv", CSV.encode(), ["--defaults", '{"country": "Tyskland"}'], "/defaults/country"),
    ],
)
def test_import_tells_what_is_wrong(
    platform: Installation, tmp_path: Path, name: str, content: bytes, options: list[str], word: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    told = platform.command("import", str(path), *options)
    assert told.returncode == 1
    assert word in told.stderr
    assert "Traceback" not in told.stderr


def test_push_and_a_single_report_say_where_tables_go(
    platform: Installation, client: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "liste.csv"
    path.write_text(CSV, encoding="utf-8")
    told = platform.command("push", str(path))
    assert told.returncode == 1
    assert "navigator import" in told.stderr
    answer = client.post("/v1/reports", files={"document": ("liste.csv", CSV.encode(), "text/csv")})
    assert answer.status_code == 415
    assert "/v1/bulk/table" in answer.json()["detail"]
