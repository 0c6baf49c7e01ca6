"""`navigator contracts compatible` and `release`, as CI and a maintainer call them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAVIGATOR = Path(sys.executable).with_name("navigator")
REPOSITORY = Path(__file__).parents[3]
SUBMITTED = "partner.reports.v1.submitted.schema.json"


def contracts(*arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    command = [str(NAVIGATOR), "contracts", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of contracts that were released as they are."""
    assert contracts("release", "--folder", str(tmp_path)).returncode == 0
    return tmp_path


def loosen(folder: Path) -> None:
    """Let what was released promise more than today's schema keeps."""
    path = folder / "released" / SUBMITTED
    schema = json.loads(path.read_bytes())
    schema["$defs"]["PartnerReport"]["properties"]["funds"] = {"type": "string"}
    schema["required"].remove("time")
    path.write_text(json.dumps(schema))


def test_what_is_released_here_is_kept_to() -> None:
    done = contracts("compatible")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_break_is_told_with_topic_pointer_and_rule(folder: Path) -> None:
    assert contracts("compatible", "--folder", str(folder)).returncode == 0
    loosen(folder)
    done = contracts("compatible", "--folder", str(folder))
    assert done.returncode == 1
    assert "partner.reports.v1.submitted /data/funds: field-removed" in done.stdout
    assert "partner.reports.v1.submitted /time: field-required" in done.stdout
    assert "2 changes break" in done.stderr


def test_a_topic_that_is_gone_is_a_break(folder: Path) -> None:
    shutil.copy(folder / "released" / SUBMITTED, folder / "released" / "old.v1.schema.json")
    done = contracts("compatible", "--folder", str(folder))
    assert (done.returncode, "old.v1: schema-removed" in done.stdout) == (1, True)


def test_a_break_is_released_only_on_purpose(folder: Path) -> None:
    loosen(folder)
    assert contracts("release", "--folder", str(folder)).returncode == 1
    assert contracts("release", "--folder", str(folder), "--breaking").returncode == 0
    assert contracts("compatible", "--folder", str(folder)).returncode == 0


def test_a_git_revision_or_a_folder_will_do_for_the_comparison(folder: Path) -> None:
    loosen(folder)
    against_folder = contracts("compatible", "--against", str(folder / "released"))
    assert (against_folder.returncode, "/data/funds" in against_folder.stdout) == (1, True)
    committed = folder / "docs" / "contracts" / "schemas"
    shutil.copytree(folder / "released", committed)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "old"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    against_git = contracts("compatible", "--against", "HEAD", cwd=folder)
    assert (against_git.returncode, "/data/funds" in against_git.stdout) == (1, True)


@pytest.mark.parametrize("against", ["no-such-revision", "--output=x", "/nowhere"])
def test_where_there_is_nothing_to_compare_with_it_says_so(against: str) -> None:
    done = contracts("compatible", f"--against={against}")
    assert done.returncode == 1
    assert f"no schemas in {against}" in done.stderr
