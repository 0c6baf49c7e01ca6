"""Reports through ingest, Kafka and embed as they run in production, timed by what is indexed."""

import itertools
import json
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from libs.events.report import ReportSubmission
from libs.language.detection import LanguageDetector
from navigator.demo import DEMO_FOLDER, sources
from quality.demonstration import PASSAGE_TOKENS
from quality.sorting_data import data_folder
from services.embed.conversion import prepare_model
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.passages import cut
from services.ingest.normalisation import normalise_submission
from tests.e2e.processes import Installation

# The first quarter pays for the start of the processes and of the bulk worker.
WARM_UP: Final = 0.25
DEADLINE_S: Final = 1_200.0
MODELS: Final = Path("var/models")
LONG_CHARS: Final = 12_000

Submission = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What came through: passages a second, and all texts that were embedded on the way."""

    per_second: float
    texts: list[str]


def pipeline_rate(submissions: list[Submission]) -> Pipeline:
    """Let reports queue up while embed is away, start it, and time all but the first of them."""
    texts, reports = _passages(submissions), len(submissions)
    with tempfile.TemporaryDirectory(prefix="navigator-bench-") as folder, ExitStack() as ends:
        installation = Installation(Path(folder))
        waiting = [
            installation.start_without_waiting(part) for part in ("broker", "ingest", "gateway")
        ]
        for process in waiting:
            ends.callback(process.kill_everything)
        for process in waiting:
            process.await_line("ready in", 90)
        with installation.client() as client:
            for submission in submissions:
                client.post("/v1/reports", json=submission).raise_for_status()
        _reached(installation, "normalised", reports)
        ends.callback(installation.start_without_waiting("embed").kill_everything)
        first = round(WARM_UP * reports)
        begun, before = _reached(installation, "indexed", first)
        ended, _ = _reached(installation, "indexed", reports)
    per_report = [len(found) for found in texts]
    passages = sum(per_report) * (reports - before) / reports
    return Pipeline(passages / (ended - begun), list(itertools.chain.from_iterable(texts)))


def short_reports(count: int) -> list[Submission]:
    """Reports of a page: the demonstration corpus's, again and again under other names."""
    methods = [each for each in sources(DEMO_FOLDER) if isinstance(each, dict)]
    return [
        {**method, "title": f"{method['title']} {number}", "external_id": f"short-{number}"}
        for number, method in enumerate(itertools.islice(itertools.cycle(methods), count))
    ]


def long_reports(count: int) -> list[Submission]:
    """Reports of some eight pages: what Participedia's long articles say, `count` at most."""
    texts = [
        json.loads(line)
        for name in ("cases", "methods")
        for line in (data_folder() / "participedia" / f"{name}.jsonl").open(encoding="utf-8")
    ]
    long = [each for each in texts if len(each["body"] or "") >= LONG_CHARS]
    return [
        {"title": each["title"], "text": each["body"], "external_id": f"long-{number}"}
        for number, each in enumerate(long[:count])
    ]


def _passages(submissions: list[Submission]) -> list[list[str]]:
    embedder = OpenVinoEmbedder(prepare_model(MODELS))
    detector = LanguageDetector()
    normalised = (
        normalise_submission(ReportSubmission.model_validate(each), detector)
        for each in submissions
    )
    return [
        [passage.embedded for passage in cut(report, embedder.count_tokens, PASSAGE_TOKENS)]
        for report in normalised
    ]


def _reached(installation: Installation, status: str, at_least: int) -> tuple[float, int]:
    """When so many reports had got so far, and how many they were then."""
    pause, end = threading.Event(), time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found = installation.counts().get(status, 0)
        if found >= at_least:
            return time.monotonic(), found
        pause.wait(0.5)  # asking costs ingest some, too
    raise TimeoutError(f"{at_least} reports were not {status} within {DEADLINE_S:.0f} s")
