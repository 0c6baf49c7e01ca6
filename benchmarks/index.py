"""How well and how fast the index finds passages, from 1,000 to 100,000 of them.

    make bench-index        (or .venv/bin/python -m benchmarks.index --json PATH)

Real passages of ../shared/data with the default model's corrected vectors, and distinct questions
that are none of them. Above the passages that the data has, copies are added: the same text, the
vector jittered to a cosine of about 0.96, which makes many near-duplicates. Recall is of the exact
ten nearest, found by multiplying all vectors. The embedded engine in this process; a Qdrant server
builds the same graph (HNSW) by itself from some 20,000 passages on. It is built once in a run, and
builds with the same constants differ by several per cent at 100,000: a difference between two runs
is none between their settings.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import numpy as np
import qdrant_edge as qe

from benchmarks.index_corpus import Corpus, load
from benchmarks.rows import Measurement, show, write
from libs.vectors import rules
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.edge import EdgePassageIndex
from libs.vectors.edge_requests import edge_filter, uuid_of
from libs.vectors.port import (
    CollectionSpec,
    PassageFilter,
    PassagePoint,
    PayloadValue,
    SparseVector,
    Vector,
)
from services.embed.embedder import Vectors

COMMAND: Final = "python -m benchmarks.index"
SIZES: Final = (1_000, 10_000, 100_000)
BEST: Final = 10
# As recommend asks.
CANDIDATES: Final = 100
NOISE: Final = 0.3
RECALL_TARGET: Final = 98.0
EFS: Final = (256, 512, 1_024, 2_048, 4_096)
NOTHING: Final = SparseVector((), ())
SPACE: Final = UUID("e1f7cf0a-37a9-5a0b-8f3a-0d1a4d3a9c55")
FILTERS: Final[dict[str, PassageFilter | None]] = {
    "all": None,
    "Swedish only": PassageFilter({"language": ["sv"]}),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """So many passages; row `i` of `vectors` is passage `ids[i]`, in Swedish where `swedish[i]`."""

    corpus: Corpus
    vectors: Vectors
    ids: list[UUID]
    swedish: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def copies(self) -> int:
        """How many are jittered."""
        return max(0, len(self.ids) - len(self.corpus.passages))


def main() -> None:
    """Measure, print the table, write the rows and the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, action="append", help="only so many passages")
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    parser.add_argument("--markdown", type=Path, help="write the table to this page too")
    chosen = parser.parse_args()
    corpus = load()
    found: list[Measurement] = []
    for size in chosen.size or SIZES:
        for each in measured(sample(corpus, size)):
            # It takes minutes: that it gets on is worth a line.
            sys.stderr.write(f"{each.name}: {each.value:.3f} {each.unit}\n")
            found.append(each)
        # The largest takes the longest; what was measured before it is kept if it is stopped.
        if chosen.json:
            write(found, chosen.json)
        if chosen.markdown:
            chosen.markdown.write_text(page(found), encoding="utf-8")
    show(found)


def sample(corpus: Corpus, size: int) -> Sample:
    """Passages taken from all sources, and copies of them where there are too few.

    Seeded, so that every run sees the same.
    """
    random = np.random.default_rng(7)
    real = len(corpus.passages)
    rows = random.permutation(real)[:size] if size <= real else np.arange(size) % real
    vectors = corpus.vectors[rows].copy()
    extra = vectors[real:]
    if len(extra):
        noise = random.normal(size=extra.shape).astype(np.float32)
        extra += NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        extra /= np.linalg.norm(extra, axis=1, keepdims=True)
    ids = [uuid5(SPACE, f"{row}/{number // real}") for number, row in enumerate(rows)]
    swedish = np.array([corpus.passages[row].language == "sv" for row in rows])
    return Sample(corpus, vectors, ids, swedish)


def measured(of: Sample) -> Iterator[Measurement]:
    """All that is measured of one size."""
    size = len(of.ids)
    copied = f", {of.copies:,} of them jittered copies" if of.copies else ""
    where = f"{size:,} passages{copied}"
    spec = CollectionSpec(of.corpus.model, of.vectors.shape[1])

    def row(name: str, value: float, unit: str, n: int, **more: float | None) -> Measurement:
        known: dict[str, float | None] = {"baseline": None, "target": None, **more}
        return Measurement(
            f"{where}: {name}", value, unit, known["baseline"], n, COMMAND, known["target"]
        )

    with tempfile.TemporaryDirectory(prefix="navigator-bench-") as folder:
        with closing(EdgePassageIndex.open(Path(folder) / "index", spec)) as index:
            points, owners = _points(of)
            yield row("written", _seconds(lambda: index.upsert(points)), "s", size)
            yield row("published", _seconds(lambda: _publish(index, owners)), "s", len(owners))
        began = time.perf_counter()
        with closing(EdgePassageIndex.open(Path(folder) / "index", spec)) as index:
            yield row("opened again", time.perf_counter() - began, "s", 1)
            yield from _as_served(of, index, row)
            took = _seconds(index._shard.optimize)  # noqa: SLF001 - not asked for yet
            yield row("graph built", took, "s", size)
            yield from _by_width(of, index, row)
            yield from _as_served(of, index, row, "with the graph, ")


Row = Callable[..., Measurement]


def _as_served(
    of: Sample, index: EdgePassageIndex, row: Row, how: str = ""
) -> Iterator[Measurement]:
    """The dense route's recall, and the whole question's time, with and without a filter."""
    asked = list(zip(of.corpus.question_vectors, _sparse(of), strict=True))
    for name, where in FILTERS.items():
        exact = _exact(of, where)
        found = [
            {hit.id for hit in index.query(vector, NOTHING, where=where, limit=BEST)}
            for vector, _ in asked
        ]
        yield row(
            f"{how}{name}: recall@10", _recall(exact, found), "%", len(asked), target=RECALL_TARGET
        )
        whole, bare = _times(index, where, asked)
        for percent in (50, 95):
            value, baseline = _percentile(whole, percent), _percentile(bare, percent)
            yield row(f"{how}{name}: hybrid p{percent}", value, "ms", len(whole), baseline=baseline)


def _by_width(of: Sample, index: EdgePassageIndex, row: Row) -> Iterator[Measurement]:
    """The graph's recall and time by the width of its search; dense route alone."""
    exact = _exact(of, None)
    questions = of.corpus.question_vectors
    for ef in EFS:
        times, found = [], []
        for vector in questions:
            request = qe.QueryRequest(
                limit=BEST,
                query=qe.Query.Nearest(vector.tolist(), using=rules.DENSE),
                params=qe.SearchParams(hnsw_ef=ef),
            )
            began = time.perf_counter()
            hits = index._shard.query(request)  # noqa: SLF001 - the width is no part of the port
            times.append((time.perf_counter() - began) * 1_000)
            found.append({uuid_of(hit.id) for hit in hits})
        told = f"graph, width {ef}{' (set)' if ef == rules.HNSW_EF else ''}"
        n = len(questions)
        yield row(f"{told}: dense recall@10", _recall(exact, found), "%", n, target=RECALL_TARGET)
        yield row(f"{told}: dense p50", _percentile(times, 50), "ms", n)


def _exact(of: Sample, where: PassageFilter | None) -> list[set[UUID]]:
    """The ten nearest of each question, by multiplying all vectors."""
    rows = np.flatnonzero(of.swedish) if where else np.arange(len(of.ids))
    similarity = of.corpus.question_vectors @ of.vectors[rows].T
    best = np.argsort(-similarity, axis=1)[:, :BEST]
    return [{of.ids[rows[column]] for column in columns} for columns in best]


def _recall(exact: Sequence[set[UUID]], found: Sequence[set[UUID]]) -> float:
    """Per cent of the exact ones that were found."""
    pairs = zip(exact, found, strict=True)
    return 100 * statistics.fmean(len(one & other) / len(one) for one, other in pairs)


def _points(of: Sample) -> tuple[list[PassagePoint], list[str]]:
    """The passages, and the reports that they are of; a copy's report is another one."""
    bm25, real = Bm25Encoder(), len(of.corpus.passages)
    by_id = {
        uuid5(SPACE, f"{n}/{c}"): (n, c)
        for n in range(real)
        for c in range(len(of.ids) // real + 1)
    }
    sparse: dict[int, SparseVector] = {}
    points = []
    for point_id, vector in zip(of.ids, of.vectors, strict=True):
        number, copy = by_id[point_id]
        passage = of.corpus.passages[number]
        if number not in sparse:
            sparse[number] = bm25.encode_passage(passage.text, passage.language)
        payload: dict[str, PayloadValue] = {
            "report_id": f"{passage.report}-{copy}",
            "version": 1,
            "partner": passage.source,
            "language": passage.language,
            "text": passage.text,
        }
        points.append(PassagePoint(point_id, vector, sparse[number], payload))
    return points, sorted({str(point.payload["report_id"]) for point in points})


def _publish(index: EdgePassageIndex, owners: Sequence[str]) -> None:
    for report_id in owners:
        index.publish(report_id, 1)


def _sparse(of: Sample) -> list[SparseVector]:
    bm25 = Bm25Encoder()
    return [bm25.encode_query(question, "en") for question in of.corpus.questions]


def _times(
    index: EdgePassageIndex,
    where: PassageFilter | None,
    asked: Sequence[tuple[Vector, SparseVector]],
) -> tuple[list[float], list[float]]:
    """Milliseconds of whole questions, and of others in between that look up no publication.

    Each question is asked once: an engine answers one that it has seen faster.
    """
    only = edge_filter(where)
    times: tuple[list[float], list[float]] = ([], [])
    for number, (dense, sparse) in enumerate(asked):
        began = time.perf_counter()
        if number % 2:
            index._search(dense, sparse, only, CANDIDATES)  # noqa: SLF001 - the search alone
        else:
            index.query(dense, sparse, where=where, limit=CANDIDATES)
        times[number % 2].append((time.perf_counter() - began) * 1_000)
    return times


def _percentile(times: Sequence[float], percent: int) -> float:
    return float(np.percentile(times, percent))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def page(found: Sequence[Measurement]) -> str:
    """The table as a page, by size."""
    lines = [
        "# The index measured",
        "",
        *(__doc__ or "").split("\n\n")[2].strip().splitlines(),
        "",
        f"Written by `{COMMAND} --markdown docs/index.md`. The baseline of a hybrid question is",
        "the same search without looking up which versions are published (ADR 21).",
        "",
    ]
    for place, rows in groupby(found, key=lambda each: each.name.partition(": ")[0]):
        lines += [
            f"## {place}",
            "",
            "| measured | value | | baseline | target | n |",
            "|---|--:|---|--:|--:|--:|",
        ]
        for each in rows:
            cells = (
                each.name.partition(": ")[2],
                _told(each.value),
                each.unit,
                _told(each.baseline),
            )
            lines.append(f"| {' | '.join(cells)} | {_told(each.target)} | {each.n:,} |")
        lines.append("")
    return "\n".join(lines)


def _told(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


if __name__ == "__main__":
    main()
