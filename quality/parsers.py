"""Parsers side by side on the documents that the project was lent: weight, failures, time, result.

    .venv/bin/python -m quality.parsers [--json PATH]

Each is installed into a throw-away folder from PyPI, which needs a network, and reads all files
of its formats in a process of its own. The reference of a file is made of the words that at
least half of the parsers found in it: *recall* is how much of it a parser found, *precision*
how much of what it found is in it. Docling is not run: it brings torch, and loads models.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from statistics import mean
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from quality.documents import ROOT, files, folder
from quality.parser_drivers import DRIVERS

_PACKAGES: Final = {
    "PyMuPDF": "pymupdf",
    "markitdown": "markitdown[pdf,docx]",
    "pypdf": "pypdf[crypto]",
}
_FORMATS: Final = {
    ".pdf": ("ours", "pypdf", "pypdfium2", "PyMuPDF", "pdfminer.six", "markitdown"),
    ".docx": ("ours", "python-docx", "mammoth", "markitdown"),
    ".html": ("ours", "trafilatura", "markitdown"),
}
_MEGABYTE: Final = 1_000_000
Words = Counter[str]


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser as it is installed: licences of all its packages, and their size."""

    name: str
    version: str
    licence: str
    packages: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class Score:
    """How a parser did on the files of a format. Seconds of computing, in all."""

    format: str
    parser: str
    read: int
    failed: int
    seconds: float
    recall: float
    precision: float
    headings: int


def install(name: str, place: Path) -> Parser:
    """Install a parser and tell its weight. Raises CalledProcessError without a network."""
    package = _PACKAGES.get(name, name)
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(place)]
    subprocess.run([*command, package], check=True)  # noqa: S603 - our own list
    found = list(distributions(path=[str(place)]))
    wanted = _plain(package.partition("[")[0])
    own = next(each for each in found if _plain(each.metadata["Name"]) == wanted)
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return Parser(name, own.version, _licence(own), len(found), size / _MEGABYTE)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(package: Distribution) -> str:
    fields: Any = package.metadata
    told = fields.get("License-Expression") or fields.get("License") or ""
    classifiers = fields.get_all("Classifier") or []
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License")]
    return (told.splitlines() or named or ["?"])[0][:60]


def read_all(name: str, place: Path, paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """What a parser made of each file; a file on which its process died has an error."""
    driver = str(Path(__file__).with_name("parser_drivers.py"))
    where = str(ROOT) if name == "ours" else str(place)
    flags = [] if name == "ours" else ["-S"]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *flags, "-W", "ignore", driver, name, *map(str, paths)],
        env={"PYTHONPATH": where},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    found = {each["file"]: each for each in map(json.loads, done.stdout.splitlines())}
    for path in paths:
        yield found.get(str(path), {"file": str(path), "error": "died", "seconds": 0.0})


def scores(suffix: str, results: Mapping[str, Sequence[dict[str, Any]]]) -> Iterator[Score]:
    """Each parser's score; files in which fewer than two found words have no reference."""
    words: dict[str, dict[str, Words]] = defaultdict(dict)
    for name, found in results.items():
        for each in found:
            words[each["file"]][name] = Counter(re.findall(r"\w+", each.get("text", "").lower()))
    references = {file: _agreed(list(by_name.values())) for file, by_name in words.items()}
    told = [file for file, reference in references.items() if reference]
    for name, found in results.items():
        recall = [_share(references[file], words[file][name]) for file in told]
        precision = [_share(words[file][name], references[file]) for file in told]
        failed = sum("error" in each for each in found)
        yield Score(
            format=suffix.removeprefix("."),
            parser=name,
            read=len(found) - failed,
            failed=failed,
            seconds=sum(each["seconds"] for each in found),
            recall=mean(recall),
            precision=mean(precision),
            headings=sum(each.get("headings", 0) for each in found),
        )


def _agreed(found: Sequence[Words]) -> Words:
    """The words that at least half of the parsers found, as often as half of them did."""
    return Counter(
        {
            word: times
            for word in set().union(*found)
            if (times := sorted(each[word] for each in found)[len(found) // 2])
        }
    )


def _share(wanted: Words, found: Words) -> float:
    return (wanted & found).total() / wanted.total() if wanted else 1.0


def show(parsers: Iterable[Parser], found: Iterable[Score]) -> None:
    """Two tables: what the parsers weigh, and how they did."""
    weights = Table("parser", "version", "licence", "packages", "MB", box=None)
    for parser in parsers:
        weights.add_row(
            parser.name,
            parser.version,
            parser.licence,
            str(parser.packages),
            f"{parser.megabytes:.0f}",
        )
    results = Table(
        "format", "parser", "read", "failed", "seconds", "recall", "precision", "headings", box=None
    )
    for score in found:
        results.add_row(
            score.format,
            score.parser,
            str(score.read),
            str(score.failed),
            f"{score.seconds:.1f}",
            f"{score.recall:.3f}",
            f"{score.precision:.3f}",
            str(score.headings or "–"),
        )
    console = Console()
    console.print(weights)
    console.print(results)


def main() -> None:
    """Install, read, print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--json", type=Path, help="write the rows to this file too")
    chosen = arguments.parse_args()
    documents = files(folder())
    with tempfile.TemporaryDirectory() as home:
        places = {name: Path(home) / name for name in DRIVERS}
        parsers = [install(name, place) for name, place in places.items() if name != "ours"]
        found: list[Score] = []
        for suffix, names in _FORMATS.items():
            paths = [path for path in documents if path.suffix == suffix]
            results = {name: list(read_all(name, places[name], paths)) for name in names}
            found += scores(suffix, results)
    show(parsers, found)
    if chosen.json:
        rows = [*map(asdict, parsers), *map(asdict, found)]
        chosen.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
