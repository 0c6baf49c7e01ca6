"""Whether every citation in 1,000 random answers stands in its report, word for word.

    .venv/bin/python -m quality.citations --seed 1 --json PATH

A platform of its own is started on the demonstration corpus and on the documents in NAVIGATOR_DATA
that ingest can read. Questions are those of `data/demo/questions.json` and random sentences of
the reports. What is cited is compared with `/v1/reports/{id}/content`, by nothing of recommend's
own code: a quotation with its span of a section's text, with that section's document and page, and
a value with what stands at its pointer. Exits with 1 unless all are right.
"""

import argparse
import json
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from navigator.demo import DEMO_FOLDER
from quality.documents import files, folder
from services.embed.sorting.sentences import sentences
from tests.e2e.processes import Installation, eventually

Json = dict[str, Any]
_FINISHED: Final = ("indexed", "rejected", "withdrawn")
_LARGEST_BYTES: Final = 1_000_000
_SHORTEST, _LONGEST = 20, 400
_WITHIN_S: Final = 240.0


def push_documents(client: httpx.Client, most: int) -> int:
    """Hand over up to so many of the documents, none very large; returns how many were accepted."""
    accepted = 0
    for path in files(folder()):
        if accepted == most or path.stat().st_size > _LARGEST_BYTES:
            continue
        metadata = (None, json.dumps({"title": path.name}), "application/json")
        form: Json = {"document": (path.name, path.read_bytes()), "metadata": metadata}
        accepted += client.post("/v1/reports", files=form).status_code == httpx.codes.ACCEPTED
    return accepted


def contents(client: httpx.Client) -> dict[str, Json]:
    """All indexed reports' normalised content, by id."""
    found: dict[str, Json] = {}
    asked: dict[str, str | int] = {"status": "indexed", "limit": 100}
    while True:
        page = client.get("/v1/reports", params=asked).raise_for_status().json()
        for receipt in page["items"]:
            report_id = receipt["report_id"]
            content = client.get(f"/v1/reports/{report_id}/content").raise_for_status()
            found[report_id] = content.json()
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]


def questions(chosen: random.Random, reports: list[Json], count: int) -> Iterator[str]:
    """Those of the demonstration, then random sentences of random reports."""
    asked = [each["question"] for each in json.loads((DEMO_FOLDER / "questions.json").read_bytes())]
    yield from asked[:count]
    left = count - len(asked)
    while left > 0:
        section = chosen.choice(chosen.choice(reports)["report"]["sections"])
        spans = [each for each in sentences(section["text"]) if each.end - each.start >= _SHORTEST]
        if spans:
            span = chosen.choice(spans)
            yield section["text"][span.start : min(span.end, span.start + _LONGEST)]
            left -= 1


def citations(card: Json) -> Iterator[tuple[str, Json]]:
    """Each citation of a card with what it is for."""
    for evidence in card["evidence"]:
        yield "passage", {"report_id": card["report_id"], "version": card["version"], **evidence}
    for statement in card["statements"]:
        yield f"statement, {statement['origin']}", statement["citation"]
    if card["evidence_level"]:
        yield "evidence level", card["evidence_level"]["citation"]


def stands(citation: Json, content: Json) -> bool:
    """Whether a citation is word for word what stands where it says."""
    if citation["version"] != content["version"]:
        return False
    if citation.get("pointer"):
        return bool(_at(content, citation["pointer"]) == citation["value"])
    section = content["report"]["sections"][citation["section"]]
    number = citation["document"]["number"] if citation["document"] else None
    return bool(
        citation["quote"]
        and section["text"][citation["start"] : citation["end"]] == citation["quote"]
        and section["page"] == citation["page"]
        and section["document"] == number
    )


def _at(found: Any, pointer: str) -> Any:
    """RFC 6901."""
    for part in pointer.removeprefix("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found


def measure(client: httpx.Client, seed: int, count: int) -> tuple[Counter[str], list[Json]]:
    """Ask, and count citations by what they are for; and those that are wrong."""
    reports = contents(client)
    counts: Counter[str] = Counter(reports=len(reports))
    wrong: list[Json] = []
    chosen = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    for question in questions(chosen, list(reports.values()), count):
        answer = client.post("/v1/recommendations", json={"challenge": question, "limit": 5})
        counts["answers"] += 1
        for card in answer.raise_for_status().json()["cards"]:
            counts["cards"] += 1
            counts[f"level, {(card['evidence_level'] or {}).get('grade', 'ungraded')}"] += 1
            for purpose, citation in citations(card):
                counts[purpose] += 1
                if not stands(citation, reports[citation["report_id"]]):
                    wrong.append({"question": question, "for": purpose, "citation": citation})
    return counts, wrong


def main() -> None:
    """Print the counts; exit with 1 when a citation is wrong."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--answers", type=int, default=1_000)
    arguments.add_argument("--documents", type=int, default=60, help="most documents to push")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    arguments.add_argument("--json", type=Path, help="write the rows to this file too")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as data_dir:
        installation = Installation(Path(data_dir))
        process = installation.start("--demo")
        try:
            with installation.client() as client:
                pushed = push_documents(client, options.documents)
                eventually(lambda: _all_finished(installation), within=_WITHIN_S, what="indexed")
                started = time.perf_counter()
                counts, wrong = measure(client, options.seed, options.answers)
                seconds = time.perf_counter() - started
        finally:
            process.terminate()
    table = Table("what", "count", box=None, title=f"seed {options.seed}, {seconds:.0f} s")
    counts["documents accepted"], counts["wrong"] = pushed, len(wrong)
    for name, number in counts.items():
        table.add_row(name, str(number))
    Console().print(table, wrong[:3])
    if options.json:
        command = f"python -m quality.citations --seed {options.seed}"
        rows = [{"name": k, "value": v, "unit": "", "command": command} for k, v in counts.items()]
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    sys.exit(1 if wrong or not counts["passage"] else 0)


def _all_finished(installation: Installation) -> bool:
    counts = installation.counts()
    return bool(counts) and sum(counts.values()) == sum(counts.get(name, 0) for name in _FINISHED)


if __name__ == "__main__":
    main()
