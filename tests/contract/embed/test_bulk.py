"""Bulk in a worker of its own: the same vectors, and gone when there is nothing to do."""

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libs.errors import Unavailable
from services.embed.bulk import BULK_PASSAGES, Rush, WithBulkWorker
from services.embed.bundled import find_weights
from services.embed.conversion import prepare_model
from services.embed.engines import open_embedder
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.settings import EmbedSettings
from tests.contract.bus.stage import until
from tests.contract.embed.suite import SENTENCES

BULK = (SENTENCES * (BULK_PASSAGES // len(SENTENCES) + 1))[:BULK_PASSAGES]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = os.environ.get("NAVIGATOR_TEST_MODEL_DIR")
    return Path(folder) if folder else tmp_path_factory.mktemp("model")


@pytest.fixture
def embedder(models: Path) -> OpenVinoEmbedder:
    return OpenVinoEmbedder(prepare_model(models))


@pytest.fixture
def bulk(embedder: OpenVinoEmbedder, models: Path) -> Iterator[WithBulkWorker]:
    made = WithBulkWorker(embedder, models)
    yield made
    made.close()


def started(bulk: WithBulkWorker) -> int:
    bulk.embed_passages(BULK)
    until(lambda: bulk.worker_pid is not None, "the worker to be ready")
    pid = bulk.worker_pid
    assert pid is not None
    return pid


def test_a_report_now_and_then_starts_no_worker(bulk: WithBulkWorker):
    bulk.embed_passages(SENTENCES)
    assert bulk.worker_pid is None


def test_the_worker_gives_the_same_vectors_at_the_lowest_priority(
    bulk: WithBulkWorker, embedder: OpenVinoEmbedder
):
    pid = started(bulk)
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19
    ours, here = bulk.embed_passages(SENTENCES), embedder.embed_passages(SENTENCES)
    assert (ours * here).sum(axis=1).min() > 0.9999
    assert bulk.embed_passages([]).shape == (0, embedder.dimension)
    assert bulk.worker_pid == pid


def test_the_worker_opens_the_model_as_its_service_did(models: Path, tmp_path: Path):
    settings = EmbedSettings(model=str(find_weights()), passage_prefix="stycke: ")
    bulk = open_embedder(settings, tmp_path)
    assert isinstance(bulk, WithBulkWorker)
    here = bulk.embed_passages(SENTENCES)
    started(bulk)
    assert (bulk.embed_passages(SENTENCES) * here).sum(axis=1).min() > 0.9999
    bulk.close()
    usual = OpenVinoEmbedder(prepare_model(models))
    assert (usual.embed_passages(SENTENCES) * here).sum(axis=1).max() < 0.999
    usual.close()


def test_a_killed_worker_fails_one_call_and_the_next_goes_on(bulk: WithBulkWorker):
    pid = started(bulk)
    # Stopped, so that it is in the middle of the call when it dies.
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(bulk.embed_passages, SENTENCES)
        until(call.running, "the call to be under way")
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(Unavailable, match="embedded again"):
            call.result()
    assert np.isfinite(bulk.embed_passages(SENTENCES)).all()


def test_each_of_many_callers_gets_its_own_vectors(
    bulk: WithBulkWorker, embedder: OpenVinoEmbedder
):
    pid = started(bulk)
    asked = [SENTENCES[start:] + SENTENCES[:start] for start in range(len(SENTENCES))]
    here = embedder.embed_passages(SENTENCES)
    with ThreadPoolExecutor(len(asked)) as callers:
        for start, vectors in enumerate(callers.map(bulk.embed_passages, asked)):
            assert (vectors * np.roll(here, -start, axis=0)).sum(axis=1).min() > 0.9999
    assert bulk.worker_pid == pid


def test_all_that_wait_for_a_killed_worker_hear_of_it(bulk: WithBulkWorker):
    pid = started(bulk)
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(3) as callers:
        calls = [callers.submit(bulk.embed_passages, SENTENCES) for _ in range(3)]
        until(lambda: all(call.running() for call in calls), "the calls to be under way")
        os.kill(pid, signal.SIGKILL)
        # One that came after the end is embedded here.
        ended = [isinstance(call.exception(), Unavailable) for call in calls]
    assert any(ended)
    assert bulk.worker_pid is None


def test_an_idle_worker_goes_by_itself(embedder: OpenVinoEmbedder, models: Path):
    bulk = WithBulkWorker(embedder, models, idle_s=0.2)
    pid = started(bulk)
    until(lambda: bulk.worker_pid is None, "the worker to be gone")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert len(bulk.embed_passages(SENTENCES)) == len(SENTENCES)
    bulk.close()


def test_closing_ends_the_worker(bulk: WithBulkWorker):
    pid = started(bulk)
    bulk.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_closed_one_is_unavailable(bulk: WithBulkWorker):
    bulk.close()
    for _ in range(2):
        with pytest.raises(Unavailable):
            bulk.embed_passages(BULK)


def test_one_that_cannot_start_is_not_tried_with_every_report(
    embedder: OpenVinoEmbedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    start, starts = subprocess.Popen, list[Any]()
    counting = lambda *args, **options: starts.append(args) or start(*args, **options)  # noqa: E731
    monkeypatch.setattr("services.embed.bulk_client.subprocess.Popen", counting)
    no_folder = tmp_path / "models"
    no_folder.write_text("a file")
    bulk = WithBulkWorker(embedder, no_folder)
    assert len(bulk.embed_passages(BULK)) == len(BULK)
    until(lambda: "did not start" in caplog.text, "the worker to fail")
    assert len(bulk.embed_passages(BULK)) == len(BULK)
    bulk.close()
    assert len(starts) == 1


def test_what_came_fades():
    now = 0.0
    rush = Rush(10, 5.0, lambda: now)
    assert not rush.counting(9)
    now = 2.5
    assert not rush.counting(5)
    assert rush.counting(1)
    now = 20.0
    assert not rush.counting(9)


def test_a_worker_that_hangs_is_given_up(
    bulk: WithBulkWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = started(bulk)
    monkeypatch.setattr("services.embed.bulk_client.ANSWER_S", 0.2)
    monkeypatch.setattr("services.embed.bulk_client.ANSWER_S_PER_TEXT", 0.0)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(Unavailable, match="embedded again"):
        bulk.embed_passages(SENTENCES)
    assert len(bulk.embed_passages(SENTENCES)) == len(SENTENCES)


def test_a_worker_that_stopped_reading_is_given_up(
    bulk: WithBulkWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = started(bulk)
    monkeypatch.setattr("services.embed.bulk_client.ANSWER_S", 0.2)
    os.kill(pid, signal.SIGSTOP)
    # More than a socket holds, and each another text: pickle sends the same one only once.
    many = [f"{number} " + "text " * 2_000 for number in range(1_000)]
    with pytest.raises(Unavailable, match="embedded again"):
        bulk.embed_passages(many)
    assert len(bulk.embed_passages(SENTENCES)) == len(SENTENCES)
