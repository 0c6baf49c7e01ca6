"""How soon a challenge is answered, from 1,000 to 100,000 passages.

    make bench-recommend    (or .venv/bin/python -m benchmarks.recommend --size 1000 --json PATH)

The whole platform in one process, as `navigator up` runs it, on real passages of ../shared/data and
the demonstration corpus, with jittered copies above what those have. 620 distinct questions, each
asked once in a run, none kept from the run before; callers and services share this machine. The
baseline, measured in the same run before the platform starts: the question's vector by the embedder
and one hybrid query of 100 candidates by the index, in one process without HTTP, by as many
callers. Targets are the design's, for 100,000 passages.
"""

import argparse
import asyncio
import hashlib
import json
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.calling import each_once
from benchmarks.filled import Material, collection, fill, material
from benchmarks.index_corpus import load
from benchmarks.pipeline import short_reports
from benchmarks.rows import Measurement, markdown, show, write
from benchmarks.submissions import Submission
from benchmarks.texts import questions
from libs.language.detection import LanguageDetector
from libs.telemetry import names
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec, PassageIndex
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Embedder
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.recommend.question import sparse_question
from tests.e2e.processes import Installation

TITLE: Final = "How soon a challenge is answered"
COMMAND: Final = "python -m benchmarks.recommend"
MODELS: Final = Path("var/models")
KEPT: Final = Path("var/bench/recommend")
SIZES: Final = (1_000, 10_000, 100_000)
CALLERS: Final = (1, 8)
PERCENTILES: Final = (50, 95, 99)
CANDIDATES: Final = 100
WARM_UP: Final = 60
DOORS: Final = ("recommend", "gateway")
ASK: Final = "/v1/recommendations"
# What the design asks for at the gateway.
TIMES_BARE: Final = 1.5
P95_MS: Final = 25.0
OF_BARE_RATE: Final = 0.6
BULK_P99_MS: Final = 80.0
OTHERS: Final = {"/v1/search": "query", "/v1/peers": "challenge"}
COUNTS: Final = ("/v1/themes", "/v1/facets", "/v1/facets?countries=SE&year_from=2010")
COUNTED: Final = 30
# Reports of a page that are indexed meanwhile.
BULK: Final = 1_500


@dataclass(frozen=True, slots=True)
class Timed:
    """Latencies in milliseconds, and requests a second."""

    took: list[float]
    per_second: float

    def percentile(self, percent: int) -> float:
        """One of their percentiles."""
        return statistics.quantiles(self.took, n=100, method="inclusive")[percent - 1]


def main() -> None:
    """Measure, print the table, write the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, action="append", help="only so many passages")
    parser.add_argument("--fill", action="store_true", help="only make what is kept in var/bench")
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    parser.add_argument("--markdown", type=Path, help="write the table to this page too")
    chosen = parser.parse_args()
    # So that a supervisor's word ends the processes that were started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    real, detector = load(), LanguageDetector()
    engine = OpenVinoEmbedder(prepare_model(MODELS))
    embedder = CorrectedEmbedder(engine, LanguageCorrection.load(engine.model), detector)
    with closing(embedder):
        asked = [*questions(), *real.questions]
        random.Random(7).shuffle(asked)  # noqa: S311 - the same order in every run
        made_of = material(real, embedder)
        found: list[Measurement] = []
        for size in chosen.size or SIZES:
            _filled(size, made_of, embedder)
            if chosen.fill:
                continue
            for each in measured(size, embedder, asked):
                # It takes minutes: that it gets on is worth a line.
                sys.stderr.write(f"{each.name}: {each.value:.2f} {each.unit}\n")
                found.append(each)
            if chosen.json:
                write(found, chosen.json)
            if chosen.markdown:
                page = markdown(TITLE, __doc__ or "", found)
                chosen.markdown.write_text(page, encoding="utf-8")
    if found:
        show(found)


def _filled(size: int, made_of: Sequence[Material], embedder: Embedder) -> None:
    """Make the installation of this size where none is kept; 100,000 passages take minutes."""
    kept = _kept(size, embedder)
    if kept.exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="filling-", dir=kept.parent) as draft:
        folder = Path(draft) / kept.name
        Installation(folder).start().terminate()
        fill(folder, made_of, size)
        folder.rename(kept)


def _kept(size: int, embedder: Embedder) -> Path:
    return KEPT / f"{size}-{hashlib.sha256(embedder.model.encode()).hexdigest()[:12]}"


def measured(size: int, embedder: Embedder, asked: Sequence[str]) -> Iterator[Measurement]:
    """All that is measured with so many passages, on a copy of what is kept."""
    with tempfile.TemporaryDirectory(prefix="navigator-bench-") as name:
        folder = Path(name) / "data"
        shutil.copytree(_kept(size, embedder), folder)
        installation = Installation(
            folder, NAVIGATOR_EMBED_QUERY_CACHE="0", NAVIGATOR_TRACE_RING="2000"
        )
        where = f"{size:,} passages"
        bare = {callers: _bare(folder, embedder, asked, callers) for callers in CALLERS}
        process = installation.start()
        try:
            yield from _asked(installation, where, asked, bare)
            yield from _others(installation, where, asked)
            yield from _beside_bulk(installation, where, asked, bare[1])
        finally:
            process.kill_everything()


def _asked(
    installation: Installation, where: str, asked: Sequence[str], bare: dict[int, Timed]
) -> Iterator[Measurement]:
    for door in DOORS:
        port = installation.ports[door]
        _call(port, asked[:WARM_UP], 1)
        for callers in CALLERS:
            timed, baseline = _call(port, asked, callers), bare[callers]
            name = f"{where}: {door}, {callers} callers"
            public = door == "gateway"
            for percent in PERCENTILES:
                base = baseline.percentile(percent)
                yield Measurement(
                    f"{name}, p{percent}",
                    timed.percentile(percent),
                    "ms",
                    base,
                    len(timed.took),
                    COMMAND,
                    _latency_target(percent, base) if public and callers == 1 else None,
                )
            yield Measurement(
                f"{name}, requests",
                timed.per_second,
                "/s",
                baseline.per_second,
                len(timed.took),
                COMMAND,
                OF_BARE_RATE * baseline.per_second if public and callers > 1 else None,
            )
            if public and callers == 1:
                yield from _shares(installation, where)


def _latency_target(percent: int, bare: float) -> float | None:
    return {50: TIMES_BARE * bare, 95: P95_MS}.get(percent)


def _shares(installation: Installation, where: str) -> Iterator[Measurement]:
    """Where the time of the latest answers went, from their traces."""
    url = f"http://127.0.0.1:{installation.ports['recommend']}/internal/traces?limit=500"
    parts = [found for trace in httpx.get(url, trust_env=False).json() if (found := _parts(trace))]
    for part in parts[0]:
        mean = statistics.fmean(each[part] for each in parts)
        total = statistics.fmean(each["all"] for each in parts)
        yield Measurement(
            f"{where}: of an answer at the gateway, {part}", mean, "ms", total, len(parts), COMMAND
        )


def _parts(trace: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Milliseconds by part of one answer; empty for a trace of something else."""

    def spent(service: str, name: str | None = None) -> float:
        return 1e-6 * sum(
            int(span["end_ns"]) - int(span["start_ns"])
            for span in trace
            if span["service"] == service
            and (span["name"] == name if name else span["kind"] == "server")
        )

    whole = spent("gateway", f"POST {ASK}")
    if not whole:
        return {}
    embedding, index = spent("embed"), spent("recommend", names.SPAN_RETRIEVE)
    answering = spent("recommend")
    return {
        "embedding": embedding,
        "index": index,
        "recommend's own code": answering - embedding - index,
        "the gateway's": whole - answering,
        "all": whole,
    }


def _others(installation: Installation, where: str, asked: Sequence[str]) -> Iterator[Measurement]:
    port = installation.ports["gateway"]
    for path, field in OTHERS.items():
        timed = _call(port, asked[:200], 1, path, field)
        for percent in (50, 95):
            value = timed.percentile(percent)
            name = f"{where}: gateway, {path}, p{percent}"
            yield Measurement(name, value, "ms", None, len(timed.took), COMMAND)
    with installation.client() as client:
        for path in COUNTS:
            client.get(path).raise_for_status()
            took = [_ms(partial(client.get, path)) for _ in range(COUNTED)]
            name = f"{where}: gateway, GET {path}, p50"
            yield Measurement(name, statistics.median(took), "ms", None, COUNTED, COMMAND)


def _beside_bulk(
    installation: Installation, where: str, asked: Sequence[str], bare: Timed
) -> Iterator[Measurement]:
    _hand_over(installation)
    timed = _call(installation.ports["gateway"], asked, 1)
    if not _waiting(installation):
        raise RuntimeError(f"{BULK} reports were indexed before all questions were asked")
    for percent in PERCENTILES:
        yield Measurement(
            f"{where}: gateway, 1 callers beside bulk, p{percent}",
            timed.percentile(percent),
            "ms",
            bare.percentile(percent),
            len(timed.took),
            COMMAND,
            BULK_P99_MS if percent == max(PERCENTILES) else None,
        )


def _hand_over(installation: Installation) -> None:
    """More reports at once than are indexed while the questions last."""
    lines = "".join(f"{json.dumps(report)}\n" for report in short_reports(BULK))
    headers = {"content-type": "application/x-ndjson"}
    with installation.client() as client:
        client.post("/v1/bulk/reports", content=lines, headers=headers).raise_for_status()


def _waiting(installation: Installation) -> int:
    counts = installation.counts()
    return counts.get("accepted", 0) + counts.get("normalised", 0)


def _call(
    port: int, asked: Sequence[str], callers: int, path: str = ASK, field: str = "challenge"
) -> Timed:
    """Ask each question once."""
    requests = (
        Submission("application/json", json.dumps({field: question[:5_000]}).encode(), path)
        for question in asked
    )
    began = time.perf_counter()
    took = asyncio.run(each_once(port, requests, callers=callers))
    return Timed([1_000 * each for each in took], len(took) / (time.perf_counter() - began))


def _bare(folder: Path, embedder: Embedder, asked: Sequence[str], callers: int) -> Timed:
    """The least that could do the work: the question's vector, and one query of the index."""
    detector, bm25 = LanguageDetector(), Bm25Encoder()
    terms = {question: sparse_question(bm25, detector, question, None) for question in asked}
    spec = CollectionSpec(embedder.model, embedder.dimension)

    def one(index: PassageIndex, question: str) -> float:
        def answer() -> None:
            vector = embedder.embed_queries([question])[0]
            index.query(vector, terms[question], where=None, limit=CANDIDATES)

        return _ms(answer)

    with (
        closing(EdgePassageIndex.open(collection(folder), spec)) as index,
        ThreadPoolExecutor(callers) as pool,
    ):
        for question in asked[:WARM_UP]:
            one(index, question)
        began = time.perf_counter()
        took = list(pool.map(lambda question: one(index, question), asked))
        return Timed(took, len(took) / (time.perf_counter() - began))


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1_000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
