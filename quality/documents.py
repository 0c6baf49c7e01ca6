"""What becomes of every document that the project was lent, as a table in docs/documents.md.

    make documents      (or .venv/bin/python -m quality.documents --json PATH)

Each file is handed to the parse worker as ingest does it, under ingest's limits. The folder is
`documents` in NAVIGATOR_DATA, by default `../shared/data`.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from libs.errors import InvalidInput
from libs.events.report import Section
from services.ingest.parsing.detection import sniff
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.reader import DocumentReader, reading_detail
from services.ingest.parsing.worker_reader import WorkerReader
from services.ingest.settings import IngestSettings

ROOT: Final = Path(__file__).parents[1]
TABLE: Final = ROOT / "docs" / "documents.md"
_CELL: Final = " | "
_HEAD: Final = """# What becomes of documents

Made by `make documents` (`quality/documents.py`); do not edit. {total} files, most of them the test
files of parsers: {told}.

Each was read by the parse worker under ingest's default limits, with text recognition off; the
times are of one run on two shared cores. What the codes mean is in `services/ingest/rejections.py`.

*Pages* counts those with text; *rows* are rows of tables; *language* is the one that the file
declares, which need not be the one it is in.

| file | read as | sections | pages | rows | characters | language | seconds | outcome |
|---|---|--:|--:|--:|--:|---|--:|---|
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file: what it was taken for and what was found in it, or why nothing was."""

    name: str
    media_type: str
    seconds: float
    code: str = "read"
    told: str = ""
    sections: int = 0
    pages: int = 0
    rows: int = 0
    characters: int = 0
    language: str = ""


def folder() -> Path:
    """Where the documents are. Raises SystemExit that says what to set."""
    data = Path(os.environ.get("NAVIGATOR_DATA", ROOT.parent / "shared" / "data"))
    if not (data / "documents").is_dir():
        raise SystemExit(f"There is no folder {data / 'documents'}; set NAVIGATOR_DATA.")
    return data / "documents"


def files(documents: Path) -> list[Path]:
    """The documents themselves, in the order of their names."""
    found = (path for path in documents.rglob("*") if path.is_file())
    return sorted(path for path in found if path.parent != documents)


def outcomes(documents: Path, reader: DocumentReader) -> Iterator[Outcome]:
    """Read each file."""
    for path in files(documents):
        name = path.relative_to(documents).as_posix()
        content = path.read_bytes()
        started = time.perf_counter()
        media_type = "–"
        try:
            media_type = sniff(content, None, path.name)
            document = reader.read(content, media_type)
        except InvalidInput as error:
            seconds = time.perf_counter() - started
            yield Outcome(name, media_type, seconds, code=error.code, told=error.detail)
        else:
            yield _read(name, media_type, time.perf_counter() - started, document)


def _read(name: str, media_type: str, seconds: float, document: ParsedDocument) -> Outcome:
    detail = reading_detail([(name, document)])
    not_read = detail.get("pages_not_read")
    return Outcome(
        name=name,
        media_type=media_type,
        seconds=seconds,
        told=f"without text: page {not_read}" if not_read else "",
        sections=len(document.sections),
        pages=len({section.page for section in document.sections} - {None}),
        rows=sum(map(_rows, document.sections)),
        characters=sum(len(section.text) for section in document.sections),
        language=document.language or "",
    )


def _rows(section: Section) -> int:
    return sum(_CELL in line for line in section.text.split("\n"))


def as_markdown(found: Iterable[Outcome]) -> str:
    """The table, with how many files ended how above it."""
    found = list(found)
    codes = Counter(outcome.code for outcome in found).most_common()
    told = ", ".join(f"{count} {code}" for code, count in codes)
    return _HEAD.format(total=len(found), told=told) + "".join(map(_row, found))


def _row(outcome: Outcome) -> str:
    kind = outcome.media_type.rpartition(".")[2].rpartition("/")[2]
    kind = {"document": "DOCX", "plain": "text"}.get(kind, kind if kind == "–" else kind.upper())
    numbers = (outcome.sections, outcome.pages, outcome.rows, outcome.characters)
    cells = [f"{number:,}" if number else "" for number in numbers]
    told = ": ".join(filter(None, (outcome.code, outcome.told))).replace("|", "\\|")
    cells = [outcome.name, kind, *cells, outcome.language, f"{outcome.seconds:.1f}", told]
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Write the table, and print how many files ended how."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--json", type=Path, help="write the rows to this file too")
    chosen = arguments.parse_args()
    with closing(WorkerReader(IngestSettings(ocr_languages="").parse_limits())) as reader:
        found = list(outcomes(folder(), reader))
    TABLE.write_text(as_markdown(found), encoding="utf-8")
    print(Counter(outcome.code for outcome in found))  # noqa: T201 - a command's answer
    if chosen.json:
        rows = [asdict(outcome) for outcome in found]
        chosen.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
