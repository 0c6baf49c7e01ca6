"""Whatever a text consists of, its report ends as indexed or rejected, and the next one goes on."""

from typing import Any

import httpx
import pytest

from tests.e2e.asking import ask, follow

ODD_TEXTS = {
    "emoji only": "👩‍👩‍👧 🚲 ♻️ 🏡 🎉",
    "unknown script": "𓀀𓀁𓂀 𓃭𓆣 𓇳",
    "another script": "社区花园由邻居共同打理,每周六有老人和孩子一起种菜。",
    "right to left": "يزور المتطوعون كبار السن في القرية كل أسبوع.",
    "NUL bytes": "Byns äldre\x00 får besök\x00 varje vecka.",
    "control characters": "Byns äldre\x07\x1b[31m får besök\x7f varje vecka.",
    "special tokens": "</s><mask><pad> <unk> query: passage:",
    "combining marks": "a" + "\u0301" * 2_000,
    "one endless word": "å" * 20_000,
    "a word again and again": "grup" * 5_000,
    "numbers in every way": "Vi sparade 1,234.50 euro och 1.234,50 EUR, 5,5 %, 1,234,567 kronor.",
    "punctuation": "… – — ?! ((( ))) ***",
    "blank lines and a word": "\n" * 1_000_000 + "Byabussen",
}
NOTHING_TO_READ = {
    "blank": " \n\t\u00a0\u2003 ",
    "invisible": "\u200b\u200d\ufeff",
    "NUL": "\x00\x00",
}


def pushed(client: httpx.Client, name: str, text: str) -> dict[str, Any] | None:
    """The receipt of the ended report; None if it was refused at the door."""
    report = {"external_id": f"odd-{name}", "title": f"Udda text: {name}", "text": text}
    answer = client.post("/v1/reports", json=report)
    if answer.status_code == 422:
        assert answer.json()["detail"]
        return None
    assert answer.status_code == 202, answer.text
    follow(client, answer.headers["location"])
    receipt: dict[str, Any] = client.get(answer.headers["location"]).json()
    return receipt


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_an_odd_text_is_indexed_and_others_after_it(client: httpx.Client, name: str) -> None:
    receipt = pushed(client, name, ODD_TEXTS[name])
    assert receipt is not None
    assert receipt["status"] == "indexed", receipt
    plain = pushed(client, f"after {name}", "Skogsbygden delar på en elbil som står vid kiosken.")
    assert plain is not None
    assert plain["status"] == "indexed"


@pytest.mark.parametrize("name", NOTHING_TO_READ)
def test_a_text_with_nothing_in_it_is_refused_or_rejected(client: httpx.Client, name: str) -> None:
    receipt = pushed(client, name, NOTHING_TO_READ[name])
    assert receipt is None or receipt["status"] == "rejected", receipt
    if receipt:
        assert receipt["rejection"]["code"] == "no-text"
        assert receipt["rejection"]["reason_sv"]


def test_questions_are_answered_in_spite_of_them(client: httpx.Client) -> None:
    pushed(client, "asked for", "Volontärer läser högt för barn på biblioteket i Arjeplog.")
    for question in ("Vem läser högt för barn?", "👩‍👩‍👧 🚲", "𓀀𓀁𓂀", "</s>"):
        assert ask(client, question)["cards"] is not None
