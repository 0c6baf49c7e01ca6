"""The model is changed while reports come in and questions are asked, through a kill -9."""

import itertools
import json
import threading
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.e2e.asking import ask
from tests.e2e.processes import Installation, Process, eventually
from tests.e2e.test_crash import report

REPORTS = 80
QUESTION = "Hur håller vi liv i bybutiken?"


class Askers:
    """Asks all the while; gathers the models that answered, and what went wrong."""

    def __init__(self, installation: Installation) -> None:
        self.models: set[str] = set()
        self.wrong: list[str] = []
        self.asked = 0
        self._installation = installation
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _ask(self) -> None:
        with self._installation.client() as client:
            for number in itertools.count():
                if self._done.is_set():
                    return
                body = {"challenge": f"{QUESTION} {number}", "limit": 5}
                answer = client.post("/v1/recommendations", json=body)
                self.asked += 1
                if answer.status_code != 200 or not answer.json()["cards"]:
                    self.wrong.append(answer.text)
                else:
                    self.models.add(answer.json()["model"])


def reindex(installation: Installation, *arguments: str) -> dict[str, Any]:
    told = installation.command("reindex", *arguments, "--json")
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def status(installation: Installation) -> dict[str, Any]:
    """As the command shows it, without starting a process each time."""
    url = f"http://127.0.0.1:{installation.ports['embed']}/internal/reindex"
    found: dict[str, Any] = httpx.get(url, trust_env=False, timeout=30).json()
    return found


def passages(installation: Installation) -> int:
    """In the collection that is read, when it holds what the record says and nothing else."""
    told = installation.command("account", "--json")
    assert told.returncode == 0, told.stdout
    found: dict[str, Any] = json.loads(told.stdout)["collection"]
    assert found["passages_found"] == found["passages_expected"]
    count: int = found["passages_found"]
    return count


def push(installation: Installation, numbers: range) -> None:
    with installation.client() as client:
        for number in numbers:
            assert client.post("/v1/reports", json=report(number)).status_code in {200, 202}


def await_indexed(installation: Installation, count: int) -> None:
    eventually(
        lambda: installation.counts().get("indexed") == count, within=90, what="all are indexed"
    )


def collections(data: Path) -> set[str]:
    return {each.parent.name for each in (data / "index").glob("*/collection.json")}


@pytest.mark.timeout(400)
def test_a_model_is_changed_while_reports_come_and_questions_are_asked(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start()
    push(installation, range(REPORTS))
    await_indexed(installation, REPORTS)
    before = passages(installation)

    started = reindex(installation, "--correction", "none", "--no-wait")
    assert started["phase"] == "building"
    assert started["building"]["model"].endswith("+uncorrected")
    with Askers(installation) as askers:
        push(installation, range(REPORTS, REPORTS + 5))
        half = eventually(
            lambda: status(installation)["reports"] >= 10 and status(installation),
            within=60,
            what="some reports are in the new collection",
        )
    assert half["phase"] == "building", half
    assert (askers.wrong, askers.models) == ([], {started["active"]["model"]})
    process.kill_everything()

    process = installation.start()
    again = eventually(
        lambda: status(installation)["reports"] and status(installation),
        within=30,
        what="it goes on",
    )
    assert again["reports"] >= half["reports"], "what was done is not done again"
    with Askers(installation) as askers:
        push(installation, range(REPORTS + 5, REPORTS + 10))
        switched = eventually(
            lambda: status(installation)["phase"] == "switched" and status(installation),
            within=120,
            what="the new collection is read",
        )
        after = askers.asked
        eventually(lambda: askers.asked > after + 4, within=30, what="questions go on")
    assert askers.wrong == []
    assert askers.models == {started["active"]["model"], started["building"]["model"]}
    assert switched["previous"] == started["active"]
    await_indexed(installation, REPORTS + 10)
    assert passages(installation) > before
    _check_both(installation, process, tmp_path, started)


def _check_both(
    installation: Installation, process: Process, data: Path, started: dict[str, Any]
) -> None:
    """Reports go into both until one of them is confirmed, also after another start."""
    new = passages(installation)
    assert len(collections(data)) == 2
    back = reindex(installation, "rollback")
    assert back["active"] == started["active"]
    assert passages(installation) == new
    assert reindex(installation, "rollback")["active"] == started["building"]
    assert process.terminate() == 0

    process = installation.start()
    assert status(installation)["active"] == started["building"]
    push(installation, range(REPORTS + 10, REPORTS + 11))
    await_indexed(installation, REPORTS + 11)
    eventually(lambda: status(installation)["trouble"] is None, within=30, what="both are open")
    reindex(installation, "rollback")
    newest = passages(installation)
    assert newest > new
    reindex(installation, "rollback")
    assert reindex(installation, "confirm")["phase"] == "none"
    assert collections(data) == {started["building"]["name"]}
    assert passages(installation) == newest
    with installation.client() as client:
        assert ask(client, QUESTION)["model"] == started["building"]["model"]
    assert process.terminate() == 0


def test_a_model_that_is_only_set_is_refused_with_the_command_that_mends_it(
    tmp_path: Path,
) -> None:
    installation = Installation(tmp_path)
    process = installation.start()
    push(installation, range(1))
    await_indexed(installation, 1)
    assert process.terminate() == 0
    installation.env["NAVIGATOR_EMBED_CORRECTION"] = "none"
    refused = installation.command("up")
    assert refused.returncode == 1
    assert "navigator reindex" in refused.stderr
    assert len(collections(tmp_path)) == 1
    del installation.env["NAVIGATOR_EMBED_CORRECTION"]

    process = installation.start()
    same = installation.command("reindex", "--correction", "means")
    assert same.returncode == 1
    assert "already" in same.stderr
    held = reindex(installation, "--correction", "none", "--hold")
    assert (held["phase"], held["reports"]) == ("complete", 1)
    assert reindex(installation, "cancel")["phase"] == "none"
    assert len(collections(tmp_path)) == 1
    assert reindex(installation, "--correction", "none", "--hold")["phase"] == "complete"
    assert reindex(installation, "switch")["phase"] == "switched"
    told = installation.command("reindex", "status")
    assert (told.returncode, told.stdout.count("\n")) == (0, 3), told.stdout
    assert f"kept      {held['active']['name']}" in told.stdout
    assert passages(installation) > 0
    assert process.terminate() == 0
