"""docs/guides/partner-kafka.md does what it says: its commands are run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import REPOSITORY, Installation, eventually

GUIDE = REPOSITORY / "docs" / "guides" / "partner-kafka.md"
MARKED = re.compile(r"<!-- run: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def guide(platform: Installation) -> dict[str, str]:
    """The marked commands by name, with this platform's ports in place of the usual ones."""
    text = GUIDE.read_text(encoding="utf-8")
    for usual, part in (("127.0.0.1:19092", "kafka"), ("127.0.0.1:8080", "gateway")):
        assert usual in text
        text = text.replace(usual, f"127.0.0.1:{platform.ports[part]}")
    return dict(MARKED.findall(text))


def run(command: list[str], script: str, folder: Path) -> str:
    done = subprocess.run(
        [*command, script], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def await_indexed(guide: dict[str, str], external_id: str, folder: Path) -> None:
    def listed() -> str:
        return run(["bash", "-c"], guide["receipt"], folder)

    eventually(
        lambda: f"{external_id} indexed /v1/reports/" in listed(),
        within=60,
        what=f"{external_id} is indexed",
    )


def test_python(guide: dict[str, str], tmp_path: Path) -> None:
    told = run([sys.executable, "-c"], guide["python"], tmp_path)
    assert told.startswith("stands at offset")
    await_indexed(guide, "2021-04", tmp_path)


@pytest.mark.skipif(
    shutil.which("kcat") is None and "CI" not in os.environ, reason="kcat is not installed"
)
def test_kcat_and_the_dead_letters(guide: dict[str, str], tmp_path: Path) -> None:
    run(["bash", "-c"], guide["kcat"], tmp_path)
    await_indexed(guide, "2021-05", tmp_path)
    told = run(["bash", "-c"], guide["wrong"], tmp_path)
    shown = dict(line.partition("=")[::2] for line in told.splitlines())
    expected = {
        line.partition("=")[0]
        for line in GUIDE.read_text(encoding="utf-8").splitlines()
        if line.startswith(("navigator-dead-letter-", "traceparent="))
    }
    assert shown.keys() == expected
    assert shown["navigator-dead-letter-code"] == "invalid-event-data"
    assert "/data/titel" in shown["navigator-dead-letter-reason"]
