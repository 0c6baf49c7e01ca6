"""Participedia as a task: a case's text asks, and the methods its editors linked are right.

Read from `NAVIGATOR_DATA`/participedia. Half of the cases, by a digest of their id, are for tuning
and the other half for reporting. A link whose method's title stands in the case's text is left out
of what is right, because any search for words would find it. The texts are embedded once and kept
in `var/`.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from libs.language.detection import LanguageDetector
from quality.sorting_data import data_folder
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Vectors
from services.embed.openvino_embedder import OpenVinoEmbedder

HEAD: Final = 10
METHOD_CHARS: Final = 600
CACHE: Final = Path("var/quality/participedia.npz")


@dataclass(frozen=True, slots=True)
class Participedia:
    """Texts of cases and methods by id; `links` are all links, `right` those without a leak.

    `head` are the ten methods with the most links.
    """

    cases: dict[str, str]
    methods: dict[str, str]
    links: dict[str, frozenset[str]]
    right: dict[str, frozenset[str]]
    head: frozenset[str]

    def questions(self, *, test: bool, head: bool) -> dict[str, frozenset[str]]:
        """The cases of one half that have a right answer, with their answers."""
        left_out = frozenset() if head else self.head
        found = {
            case: methods - left_out
            for case, methods in self.right.items()
            if in_test(case) is test
        }
        return {case: methods for case, methods in found.items() if methods}


@dataclass(frozen=True, slots=True)
class Embedded:
    """Unit vectors, a row for each case (as a question and as a passage) and for each method."""

    questions: Vectors
    cases: Vectors
    methods: Vectors


def in_test(case: str) -> bool:
    """Whether a case is among those reported; it never moves."""
    return hashlib.sha256(f"ranking {case}".encode()).digest()[0] % 2 == 1


def read() -> Participedia:
    """The task."""
    folder = data_folder() / "participedia"
    case_rows = [json.loads(line) for line in (folder / "cases.jsonl").open(encoding="utf-8")]
    method_rows = [json.loads(line) for line in (folder / "methods.jsonl").open(encoding="utf-8")]
    cases = {row["id"]: f"{row['title']}\n{row['description'] or ''}".strip() for row in case_rows}
    titles = {row["id"]: row["title"].strip().lower() for row in method_rows}
    methods = {row["id"]: _method_text(row) for row in method_rows}
    links: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        case, method, _ = line.split("\t")
        if case in cases and method in methods:
            links.setdefault(case, set()).add(method)
    right = {
        case: frozenset(m for m in linked if titles[m] not in cases[case].lower())
        for case, linked in links.items()
    }
    often = Counter(method for linked in links.values() for method in linked)
    return Participedia(
        cases=cases,
        methods=methods,
        links={case: frozenset(linked) for case, linked in links.items()},
        right=right,
        head=frozenset(method for method, _ in often.most_common(HEAD)),
    )


def _method_text(row: dict[str, str | None]) -> str:
    return f"{row['title']}\n{row['description'] or ''}\n{(row['body'] or '')[:METHOD_CHARS]}"


def embedded(task: Participedia) -> Embedded:
    """The vectors; kept until a text changes."""
    digest = hashlib.sha256(json.dumps([task.cases, task.methods]).encode()).hexdigest()
    if CACHE.exists():
        with np.load(CACHE) as kept:
            if str(kept["digest"]) == digest:
                return Embedded(kept["questions"], kept["cases"], kept["methods"])
    raw = OpenVinoEmbedder(prepare_model(Path("var/models")))
    embedder = CorrectedEmbedder(raw, LanguageCorrection.load(raw.model), LanguageDetector())
    cases, methods = list(task.cases.values()), list(task.methods.values())
    made = Embedded(
        questions=embedder.embed_queries(cases),
        cases=embedder.embed_passages(cases),
        methods=embedder.embed_passages(methods),
    )
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    np.savez(CACHE, questions=made.questions, cases=made.cases, methods=made.methods, digest=digest)
    return made
