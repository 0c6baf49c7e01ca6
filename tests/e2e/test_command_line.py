"""The command line as someone at a terminal meets it."""

import json
from pathlib import Path

import pytest

from tests.e2e.processes import REPOSITORY, Installation

DEMO = REPOSITORY / "data" / "demo"


@pytest.mark.parametrize(
    "command",
    [
        "",
        "up",
        "push",
        "import",
        "ask",
        "status",
        "replay",
        "account",
        "unmet",
        "dlq",
        "webhooks",
        "config",
        "contracts",
    ],
)
def test_every_command_has_help(platform: Installation, command: str) -> None:
    told = platform.command(*command.split(), "--help")
    assert told.returncode == 0
    assert "Usage" in told.stdout


def test_push_follows_a_document_to_the_end(platform: Installation) -> None:
    document = DEMO / "documents" / "lv-latgale-pakalpojumu-buss.pdf"
    metadata = str(document.with_suffix(".meta.json"))
    told = platform.command("push", str(document), "--metadata", metadata)
    assert told.returncode == 0, told.stderr
    assert "handed over" in told.stdout
    assert "indexed" in told.stdout
    again = platform.command("push", str(document), "--metadata", metadata)
    assert "unchanged" in again.stdout


def test_push_takes_a_list_of_reports(platform: Installation) -> None:
    told = platform.command("push", str(DEMO / "methods" / "mobility.json"), "--json")
    receipts = json.loads(told.stdout)
    assert [receipt["status"] for receipt in receipts] == ["indexed"] * 5
    assert all(receipt["passages"] for receipt in receipts)


def test_push_tells_why_a_document_was_rejected(platform: Installation, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 this goes on as something else")
    told = platform.command("push", str(broken))
    assert told.returncode == 1
    assert "rejected" in told.stdout
    assert "damaged" in told.stdout


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.json", b"{", "not JSON"),
        ("a.json", b'{"title": 1}', "/title"),
        ("a.json", b"[3]", "not as described"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00", "picture"),
        ("a.txt", b"", "empty"),
    ],
)
def test_push_tells_what_is_wrong_with_a_file(
    platform: Installation, tmp_path: Path, name: str, content: bytes, word: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    told = platform.command("push", str(path))
    assert told.returncode == 1
    assert word in told.stderr
    assert "Traceback" not in told.stderr


def test_one_bad_file_does_not_keep_the_others_from_it(
    platform: Installation, tmp_path: Path
) -> None:
    bad, good = tmp_path / "bad.json", tmp_path / "good.txt"
    bad.write_bytes(b"{")
    good.write_text("Bystugan i Skråmträsk är öppen för alla på torsdagar.", encoding="utf-8")
    told = platform.command("push", str(bad), str(good), "--json")
    assert told.returncode == 1
    first, second = json.loads(told.stdout)
    assert "not JSON" in first["error"]
    assert (second["status"], second["title"]) == ("indexed", "good")


def test_a_corrected_file_is_the_next_version(platform: Installation, tmp_path: Path) -> None:
    path = tmp_path / "rapport.txt"
    versions = []
    for text in ("Första utkastet om bybussen.", "Det rättade utkastet om bybussen."):
        path.write_text(text, encoding="utf-8")
        told = platform.command("push", str(path), "--external-id", "bybuss", "--json")
        versions.append(json.loads(told.stdout)[0]["version"])
    assert versions == [1, 2]


@pytest.mark.parametrize("content", ["[]", "3"])
def test_metadata_that_is_no_object_is_told(
    platform: Installation, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "meta.json"
    path.write_text(content, encoding="utf-8")
    told = platform.command("push", str(REPOSITORY / "README.md"), "--metadata", str(path))
    assert told.returncode == 1
    assert "one JSON object" in told.stderr


def test_commands_tell_when_nobody_answers(platform: Installation) -> None:
    for command in (["status"], ["ask", "ensamma äldre"], ["push", str(REPOSITORY / "README.md")]):
        told = platform.command(*command, "--url", "http://127.0.0.1:9")
        assert told.returncode == 1
        assert "make run" in told.stderr


def test_ask_tells_what_is_wrong(platform: Installation) -> None:
    assert platform.command("ask", "x").returncode == 1
    told = platform.command("ask", "ensamma äldre", "--country", "sverige")
    assert told.returncode == 1
    assert "two letters" in told.stderr
    told = platform.command("ask", "ensamma äldre", "--theme", "nonsense")
    assert told.returncode == 1
    assert "youth-neet" in told.stderr


def test_config_is_shown_and_checked(platform: Installation) -> None:
    shown = json.loads(platform.command("config", "show", "--json").stdout)
    assert shown["NAVIGATOR_GATEWAY_PORT"] == str(platform.ports["gateway"])
    assert platform.command("config", "check").returncode == 0
    strange = Installation(Path("unused"), NAVIGATOR_GATWAY_PORT="1").command("config", "check")
    assert strange.returncode == 1
    assert "NAVIGATOR_GATEWAY_PORT" in strange.stderr
    wrong = Installation(Path("unused"), NAVIGATOR_KAFKA_PARTITIONS="many")
    told = wrong.command("config", "check")
    assert told.returncode == 1
    assert "NAVIGATOR_KAFKA_PARTITIONS" in told.stderr
    refused = wrong.command("up")
    assert refused.returncode == 1
    assert "NAVIGATOR_KAFKA_PARTITIONS" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_replay_takes_one_report_or_tells_that_it_is_not_there(platform: Installation) -> None:
    told = platform.command("replay", "--report", "00000000-0000-0000-0000-000000000000")
    assert told.returncode == 1
    assert "no such report" in told.stderr
    assert platform.command("replay", "--since", "2999-01-01").stdout.startswith("0 reports")


def test_an_unknown_part_is_told(platform: Installation) -> None:
    told = platform.command("up", "everything")
    assert told.returncode == 1
    assert "broker, ingest" in told.stderr
