"""The first things that a process embeds may come from several threads at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.embed.conversion import prepare_model
from tests.e2e.processes import REPOSITORY

PROGRAM = """
import sys
from pathlib import Path
from services.embed.conversion import prepare_model
from services.embed.openvino_embedder import OpenVinoEmbedder

embedder = OpenVinoEmbedder(prepare_model(Path(sys.argv[1])), streams=2, bulk_streams=2)
print(len(embedder.embed_passages([f"rad {n}" for n in range(4)])))
"""


@pytest.mark.parametrize("attempt", range(5))
def test_two_threads_that_come_first_go_on(attempt: int, tmp_path: Path) -> None:
    # Without a first array before them they waited for each other now and then, for ever.
    prepare_model(tmp_path)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "4", attempt
