"""The embedded engine against the operating system: killed processes, second processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from libs.errors import Conflict
from libs.vectors.port import PassageFilter
from libs.vectors.settings import VectorSettings
from tests.contract.vectors.engines import open_index
from tests.contract.vectors.samples import NOTHING, SPEC, point, point_id, points, unit

# The process that is killed: it says when the writes have returned and then waits for the end.
WRITER = """
import sys
from pathlib import Path
from tests.contract.vectors.engines import open_index
from libs.vectors.settings import VectorSettings
from tests.contract.vectors.samples import SPEC, points, put
index = open_index(VectorSettings(path=Path(sys.argv[1])), SPEC)
put(index, points(int(sys.argv[2])))
index.delete_report("report-0")
print("written", flush=True)
sys.stdin.read()
"""

# What the gateway's image lacks must not be needed to read the settings.
SETTINGS_ONLY = """
import sys
from libs.vectors.settings import VectorSettings
assert VectorSettings().engine == "edge"
loaded = {"numpy", "qdrant_client", "qdrant_edge"} & set(sys.modules)
sys.exit(f"loaded {loaded}" if loaded else 0)
"""


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


# Below, at and above the number of points after which the shard is flushed.
@pytest.mark.parametrize("count", [40, 1000, 1300])
def test_what_was_written_survives_kill_9(tmp_path: Path, count: int) -> None:
    with _start(WRITER, str(tmp_path), str(count)) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "written\n"
        finally:
            writer.kill()
    index = open_index(VectorSettings(path=tmp_path), SPEC)
    try:
        assert index.count() == count - 4
        assert index.count(PassageFilter({"report_id": ["report-0"]})) == 0
        found = index.query(unit(count - 1), NOTHING, where=None, limit=1)
        assert found[0].id == point_id(count - 1)
        index.upsert(points(8))
        assert index.count() == count
    finally:
        index.close()


def test_a_second_process_is_told_what_to_do(tmp_path: Path) -> None:
    with _start(WRITER, str(tmp_path), "8") as owner:
        try:
            assert owner.stdout is not None
            assert owner.stdout.readline() == "written\n"
            with pytest.raises(Conflict, match="NAVIGATOR_QDRANT_URL") as refused:
                open_index(VectorSettings(path=tmp_path), SPEC)
        finally:
            owner.kill()
    assert refused.value.code == "index-in-use"
    assert "embed and recommend" in refused.value.detail
    open_index(VectorSettings(path=tmp_path), SPEC).close()


def test_the_same_process_cannot_open_it_twice_either(tmp_path: Path) -> None:
    index = open_index(VectorSettings(path=tmp_path), SPEC)
    try:
        index.upsert([point(1)])
        with pytest.raises(Conflict):
            open_index(VectorSettings(path=tmp_path), SPEC)
    finally:
        index.close()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "passages").mkdir()
    (tmp_path / "passages" / "letter.txt").write_text("mine", "utf-8")
    with pytest.raises(Conflict, match="something else"):
        open_index(VectorSettings(path=tmp_path), SPEC)
    assert [path.name for path in tmp_path.rglob("*")] == ["passages", "letter.txt"]


def test_the_settings_need_no_engine() -> None:
    subprocess.run([sys.executable, "-c", SETTINGS_ONLY], check=True, timeout=60)
