"""A poisoned event is listed, shown, sent back and dropped from the command line."""

import json
from typing import Any

import httpx

from libs.bus.producer import EventProducer
from libs.bus.record import Record
from libs.bus.settings import BusSettings
from tests.e2e.processes import Installation, eventually

TOPIC = "reports.accepted.v1.dlq"
POISON = b'{"quoted": "Lycksele \x1b[31m"}'


def letters(installation: Installation) -> list[dict[str, Any]]:
    """What waits, as ingest says; a command takes seconds to start."""
    address = f"http://127.0.0.1:{installation.ports['ingest']}/internal/dead-letters"
    answer = httpx.get(address, params={"topic": TOPIC}, timeout=30.0, trust_env=False)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return found


def test_a_poisoned_event_is_dealt_with(platform: Installation) -> None:
    bus = BusSettings(bootstrap=f"127.0.0.1:{platform.ports['kafka']}")
    with EventProducer(bus, "test") as producer:
        producer.send([Record("reports.accepted.v1", "r1", POISON)])
    (letter,) = eventually(lambda: letters(platform), within=40, what="a dead letter")
    assert (letter["code"], letter["key"]) == ("invalid-envelope", "r1")
    listed = platform.command("dlq", "list", "--topic", TOPIC, "--code", "invalid-envelope")
    assert letter["id"] in listed.stdout
    assert listed.stdout.endswith("1 dead letters\n")

    shown = platform.command("dlq", "show", letter["id"])
    assert "Lycksele" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "may hold what a report says" in shown.stderr

    assert platform.command("dlq", "retry", letter["id"]).returncode == 0
    (again,) = eventually(lambda: letters(platform), within=40, what="it fails once more")
    assert (again["retried"], again["attempts"]) == (1, 1)
    dropped = platform.command("dlq", "drop", again["id"], "--reason", "no event", "--yes")
    assert dropped.returncode == 0, dropped.stderr
    assert letters(platform) == []
    twice = platform.command("dlq", "retry", again["id"])
    assert twice.returncode == 1
    assert "--again" in twice.stderr
    nothing = platform.command("dlq", "retry", "--all", "--topic", TOPIC, "--yes", "--json")
    assert json.loads(nothing.stdout) == {"retried": 0, "failed": {}, "complete": True}


def test_wrong_words_are_told(platform: Installation) -> None:
    for command, words in [
        (["show", "x"], "dlq list"),
        (["show", f"{TOPIC}:0:12345"], "no dead letter"),
        (["retry", f"{TOPIC}:0:0", "--all"], "--all"),
    ]:
        told = platform.command("dlq", *command)
        assert told.returncode != 0
        assert words in told.stderr, told.stderr
        assert "Traceback" not in told.stderr
