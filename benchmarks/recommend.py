"""How soon a challenge is answered, from 1,000 to 100,000 passages.

    make bench-recommend    (or .venv/bin/python -m benchmarks.recommend --size 1000 --json PATH)

The whole platform in one process, as `navigator up` runs it, on real passages of ../shared/data and
the demonstration corpus, with jittered copies above what those have. 620 distinct questions, each
asked once in a run, none kept from the run before, once recommend has the reports' records in
memory; callers and services share this machine. The baseline, measured in the same run before the
platform starts: the question's vector by the embedder and one hybrid query of 100 candidates by the
index, in one process without HTTP, by as many callers. Targets are the design's, for 100,000
passages.
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
from benchmarks.filled import collection, fill, material
from benchmarks.index_corpus import Corpus, load
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
from tests.e2e.processes import Installation, eventually

TITLE: Final = "How soon a challenge is answered"
COMMAND: Final = "python -m benchmarks.recommend"
MODELS: Final = Path("var/models")
KEPT: Final = Path("var/bench/recommend")
SIZES: Final = (1_000, 10_000, 100_000)
CALLERS: Final = (1, 8)
PERCENTILES: Final = (50, 95, 99)
CANDIDATES: Final = 100
WARM_UP: Final = 60
WARM_WITHIN_S: Final = 300.0
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


Bare = dict[int, Timed]
"""The baseline by the number of callers."""


def main() -> None:
    """Measure, print the table, write the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, action="append", help="only so many passages")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="only this section")
    parser.add_argument("--fill", action="store_true", help="only make what is kept in var/bench")
    parser.add_argument(
        "--json", type=Path, help="write the rows to this file too, beside those of other pieces"
    )
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
        found = _measured_before(chosen.json)
        for size in chosen.size or SIZES:
            _filled(size, real, embedder)
            sections = () if chosen.fill else chosen.only or tuple(SECTIONS)
            for each in measured(size, sections, embedder, asked):
                # It takes minutes: that it gets on is worth a line.
                sys.stderr.write(f"{each.name}: {each.value:.2f} {each.unit}\n")
                found[each.name] = each
            rows = sorted(found.values(), key=_size)
            if chosen.json:
                write(rows, chosen.json)
            if chosen.markdown:
                chosen.markdown.write_text(markdown(TITLE, __doc__ or "", rows), encoding="utf-8")
    if rows:
        show(rows)


def _measured_before(file: Path | None) -> dict[str, Measurement]:
    """The rows of other pieces, by name."""
    if file is None or not file.exists():
        return {}
    rows = (Measurement(**row) for row in json.loads(file.read_bytes()))
    return {row.name: row for row in rows}


def _size(row: Measurement) -> int:
    return int(row.name.partition(" ")[0].replace(",", ""))


def _filled(size: int, real: Corpus, embedder: Embedder) -> None:
    """Make the installation of this size where none is kept; 100,000 passages take minutes."""
    kept = _kept(size, embedder)
    if kept.exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="filling-", dir=kept.parent) as draft:
        folder = Path(draft) / kept.name
        Installation(folder).start().terminate()
        fill(folder, material(real, embedder), size)
        folder.rename(kept)


def _kept(size: int, embedder: Embedder) -> Path:
    return KEPT / f"{size}-{hashlib.sha256(embedder.model.encode()).hexdigest()[:12]}"


def measured(
    size: int, sections: Sequence[str], embedder: Embedder, asked: Sequence[str]
) -> Iterator[Measurement]:
    """What is measured with so many passages, on a copy of what is kept."""
    if not sections:
        return
    with tempfile.TemporaryDirectory(prefix="navigator-bench-") as name:
        folder = Path(name) / "data"
        shutil.copytree(_kept(size, embedder), folder)
        installation = Installation(
            folder, NAVIGATOR_EMBED_QUERY_CACHE="0", NAVIGATOR_TRACE_RING="2000"
        )
        where = f"{size:,} passages"
        bare = {callers: _least(folder, embedder, asked, callers) for callers in CALLERS}
        process = installation.start()
        try:
            yield _warm(installation, where)
            for section in sections:
                yield from SECTIONS[section](installation, where, asked, bare)
        finally:
            process.kill_everything()


def _warm(installation: Installation, where: str) -> Measurement:
    """Wait until recommend keeps the records that it has room for, and tell what they take."""
    url = f"http://127.0.0.1:{installation.ports['recommend']}/internal/records"

    def kept() -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(url, trust_env=False).json()
        return found if found["warm"] else {}

    size = eventually(kept, within=WARM_WITHIN_S, what="records are kept")["size"]
    return Measurement(f"{where}: records in memory", size / 1e6, "MB", None, 1, COMMAND)


def _recommend(
    installation: Installation, where: str, asked: Sequence[str], bare: Bare
) -> Iterator[Measurement]:
    for callers in CALLERS:
        yield from _asked(installation, "recommend", where, asked, callers, bare)


def _gateway(
    installation: Installation, where: str, asked: Sequence[str], bare: Bare
) -> Iterator[Measurement]:
    for callers in CALLERS:
        yield from _asked(installation, "gateway", where, asked, callers, bare)
        if callers == 1:
            yield from _shares(installation, where)


def _asked(
    installation: Installation,
    door: str,
    where: str,
    asked: Sequence[str],
    callers: int,
    bare: Bare,
) -> Iterator[Measurement]:
    port, baseline = installation.ports[door], bare[callers]
    _call(port, asked[:WARM_UP], callers)
    timed = _call(port, asked, callers)
    name, n = f"{where}: {door}, {callers} callers", len(timed.took)
    public = door == "gateway"
    for percent in PERCENTILES:
        value, base = timed.percentile(percent), baseline.percentile(percent)
        target = _latency_target(percent, base) if public and callers == 1 else None
        yield Measurement(f"{name}, p{percent}", value, "ms", base, n, COMMAND, target)
    rate = baseline.per_second
    target = OF_BARE_RATE * rate if public and callers > 1 else None
    yield Measurement(f"{name}, requests", timed.per_second, "/s", rate, n, COMMAND, target)


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


def _others(
    installation: Installation, where: str, asked: Sequence[str], _bare: Bare
) -> Iterator[Measurement]:
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
    installation: Installation, where: str, asked: Sequence[str], bare: Bare
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
            bare[1].percentile(percent),
            len(timed.took),
            COMMAND,
            BULK_P99_MS if percent == max(PERCENTILES) else None,
        )


Section = Callable[[Installation, str, Sequence[str], Bare], Iterator[Measurement]]
SECTIONS: Final[dict[str, Section]] = {
    "recommend": _recommend,
    "gateway": _gateway,
    "others": _others,
    "bulk": _beside_bulk,
}


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


def _least(folder: Path, embedder: Embedder, asked: Sequence[str], callers: int) -> Timed:
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
