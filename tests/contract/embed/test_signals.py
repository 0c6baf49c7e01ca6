"""A signal ends no process in which a model was let go of."""

import subprocess
import sys
from pathlib import Path

from tests.e2e.processes import REPOSITORY

# The main thread opens the models, as in a service; another one lets go of the last of them.
SCRIPT = """
import os, signal, sys, threading
from pathlib import Path
from services.embed.conversion import prepare_model
from services.embed.openvino_embedder import OpenVinoEmbedder

prepared = prepare_model(Path(sys.argv[1]))
models = [OpenVinoEmbedder(prepared) for _ in range(2)]
for model in models:
    model.close()
del model
letting_go = threading.Thread(target=models.clear)
letting_go.start()
letting_go.join()
signal.signal(signal.SIGTERM, lambda *_: print("told", flush=True))
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_comes_through_after_another_thread_let_go_of_the_model(
    model_directory: Path,
) -> None:
    command = [sys.executable, "-c", SCRIPT, str(model_directory)]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "told\n"), done.stderr
