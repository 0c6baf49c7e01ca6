"""Real texts with labels that people gave them, split for good into training and test.

Which example is in the test split follows from a digest of its text, so it never moves, and is
stratified by label. Everything is read from `NAVIGATOR_DATA`; the demonstration corpus, written by
a language model, is synthetic and named so.
"""

import csv
import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from libs.events.report import NormalisedReport, Section
from services.embed.embedder import Embedder
from services.embed.passages import cut

TEST_SHARE: Final = 0.5
PASSAGE_TOKENS: Final = 160


@dataclass(frozen=True, slots=True)
class Example:
    """A text as it is embedded, and whether a label is right for it, according to people."""

    text: str
    kind: str
    value: str
    positive: bool
    source: str
    group: str
    test: bool = False


def data_folder() -> Path:
    """Where the real data is."""
    return Path(os.environ.get("NAVIGATOR_DATA", "../shared/data"))


def split(examples: Iterable[Example]) -> list[Example]:
    """The examples, half of each label's groups marked as test."""
    strata: dict[tuple[str, str, str, bool], dict[str, list[Example]]] = defaultdict(dict)
    for example in examples:
        stratum = strata[example.source, example.kind, example.value, example.positive]
        stratum.setdefault(example.group, []).append(example)
    found: list[Example] = []
    for groups in strata.values():
        ordered = sorted(groups, key=_digest)
        test = set(ordered[: round(len(ordered) * TEST_SHARE)])
        found += [
            replace(example, test=group in test)
            for group, members in groups.items()
            for example in members
        ]
    return found


def sdgs() -> Iterator[Example]:
    """627 snippets, each with an expert's yes or no for one goal (some snippets twice)."""
    with (data_folder() / "sdg_benchmark/benchmark.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Example(
                row["text"], "sdgs", row["sdg"], row["label"] == "True", "sdg_benchmark",
                group=row["text"],
            )  # fmt: skip


def subjects() -> Iterator[Example]:
    """Themes and target groups, as far as authorities' own categories say them.

    A project is a negative for a label when its authority put it into another category.
    """
    rows = [*_services(), *_english_projects(), *_nordic_projects(), *_participation()]
    for label, (right, apart) in CATEGORIES.items():
        kind, value = label
        sources = {source for source, category, _ in rows if right(category)}
        for source, category, text in rows:
            if right(category):
                yield Example(text, kind, value, True, source, group=text)
            elif source in sources | ALWAYS_AGAINST and category and not apart(category):
                yield Example(text, kind, value, False, source, group=text)


def _has(*words: str) -> Callable[[str], bool]:
    return lambda category: any(word in category for word in words)


# For each label the categories that mean it, and those that neither mean it nor rule it out.
CATEGORIES: Final = {
    ("themes", "mobility"): (_has("/Transport"), _has("esf", "erdf", "participedia")),
    ("themes", "work-integration"): (
        _has("Unemployment", "esf:102", "Aktiv inklusion"),
        _has("esf:103", "esf:109", "esf:114", "Social protection", "labour affair", "Arbejdss"),
    ),
    ("themes", "youth-neet"): (_has("esf:103"), _has("esf:102", "esf:109", "esf:114", "esf:118")),
    ("themes", "participation"): (
        _has("participedia"),
        _has("esf:114", "esf:109", "General public", "General services", "Executive"),
    ),
    ("target_groups", "unemployed-people"): (
        _has("Unemployment", "esf:102", "esf:103"),
        _has("esf:109", "esf:114", "esf:117", "Social protection", "labour affair", "inklusion"),
    ),
    ("target_groups", "young-people"): (_has("esf:103"), _has("esf:", "Education")),
    ("target_groups", "small-businesses"): (
        _has("konkurrenskraften hos SMF", "vækstvirksomheder", "innovation i SMV", "Iværksætteri"),
        _has("forskning", "erdf", "Economic affairs", "General public", "SMV", "koldioxid"),
    ),
}
ALWAYS_AGAINST: Final = frozenset({"ips_explorer"})


def _services() -> Iterator[tuple[str, str, str]]:
    cases = json.loads((data_folder() / "ips_explorer/cases.json").read_bytes())
    for case in cases if isinstance(cases, list) else next(iter(cases.values())):
        category = f"{case['primary_sector']}/{case['secondary_sector']}"
        yield "ips_explorer", category, f"{case['name']}\n{case['description']}"


def _english_projects() -> Iterator[tuple[str, str, str]]:
    path = data_folder() / "eu_structural_funds/UK_England_2014-2020.csv"
    with path.open(encoding="utf-8", errors="replace") as file:
        for row in csv.DictReader(file):
            focus = next(value for key, value in row.items() if key and "focus" in key) or ""
            number = re.match(r"\s*(\d{3})", focus)
            fund = row["Type of fund"].split()[0].lower()
            category = f"{fund}:{number[1]}" if number else fund
            summary = next(value for key, value in row.items() if key and "Summary" in key)
            if category != "esf":
                yield "esf_england", category, f"{row['Name of Project']}\n{summary}"


def _nordic_projects() -> Iterator[tuple[str, str, str]]:
    swedish = json.loads((data_folder() / "eu_structural_funds/SE_2014-2020.json").read_bytes())
    for row in swedish:
        text = f"{row['projektnamn']}\n{row['projektbeskrivning']}"
        yield "erdf_sweden", row["tematiskt_mål"], text
    path = data_folder() / "eu_structural_funds/DK_2014-2020.csv"
    with path.open(encoding="utf-8", errors="replace") as file:
        for row in csv.DictReader(file):
            text = f"{row['Projektitel / Operation name']}\n{row['Projektbeskrivelse']}"
            yield "funds_denmark", row["Prioritetsakse / Priority axis"], text


def _participation() -> Iterator[tuple[str, str, str]]:
    for case in _lines("participedia/cases.jsonl"):
        if len(case["description"]) > 100:  # noqa: PLR2004 - a sentence, not a name
            yield "participedia", "participedia", f"{case['title']}\n{case['description']}"


# Participedia's own headings of method articles, and what stands below them.
HEADINGS: Final = {
    "Problems and Purpose": "challenge",
    "Origins and Development": "other",
    "Participant Recruitment and Selection": "method",
    "How it Works": "method",
    "Influence, Outcomes, and Effects": "results",
    "Analysis and Lessons Learned": "lessons",
    "See Also": "",
    "References": "",
    "External Links": "",
}
_HEADING: Final = re.compile("|".join(map(re.escape, HEADINGS)), re.IGNORECASE)


def kinds(embedder: Embedder) -> Iterator[Example]:
    """Passages of 367 articles on methods; their editors' headings say the kind."""
    names = {heading.lower(): kind for heading, kind in HEADINGS.items()}
    for article in _lines("participedia/methods.jsonl"):
        body = article["body"] or ""
        found = list(_HEADING.finditer(body))
        for match, following in zip_longest(found, found[1:]):
            kind = names[match[0].lower()]
            text = body[match.end() : following.start() if following else None]
            text = re.sub(r"^[\s:]*(?:Process, Interaction, and Decision-Making)?", "", text)
            if kind and len(text) > 150:  # noqa: PLR2004 - a paragraph, not "none known"
                for passage in _passages(article["title"], None, text, embedder)[:3]:
                    yield Example(
                        passage, "kind", kind, True, "participedia", group=str(article["id"])
                    )


def _passages(title: str, heading: str | None, text: str, embedder: Embedder) -> list[str]:
    section = Section(text=text, heading=heading)
    report = NormalisedReport(title=title, sections=(section,))
    return [each.embedded for each in cut(report, embedder.count_tokens, PASSAGE_TOKENS)]


def demonstration_kinds(reports: Sequence[NormalisedReport], embedder: Embedder) -> list[Example]:
    """Sections of the demonstration corpus whose kind is given (synthetic, ten languages)."""
    return [
        Example(passage, "kind", section.kind.value, True, "demonstration", group=report.title)
        for report in reports
        for section in report.sections
        if section.kind
        for passage in _passages(report.title, section.heading, section.text, embedder)
    ]


def _lines(name: str) -> list[dict[str, Any]]:
    with (data_folder() / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
