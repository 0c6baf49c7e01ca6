"""An encoder in a folder as Hugging Face and sentence-transformers lay it out, and what it says.

Everything that turns the network's output into a vector is read from the folder's own files, so
that a model is used as it was trained:

    1_Pooling/config.json              mean or cls; mean where there is none
    modules.json                       a Dense layer after the pooling is refused, not left out
    sentence_bert_config.json          longest text
    config_sentence_transformers.json  prompts, here called prefixes
"""

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from libs.errors import InvalidInput, Unavailable
from services.embed.bundled import MANIFEST, made_folder, model_name
from services.embed.huggingface import HUGGING_FACE, WEIGHTS_FILE
from services.embed.prefixes import Prefixes, usual_prefixes

Pooling = Literal["mean", "cls"]

# Nothing that runs: a repository's Python files stay there, and so do its other weights.
FETCHED: Final = ("*.json", "*.safetensors", "*.txt", "*.model")
# As releases of sentence-transformers write them; none at all means mean.
_POOLING: Final[Mapping[Pooling, frozenset[str]]] = {
    "mean": frozenset({"mean", "mean_tokens"}),
    "cls": frozenset({"cls", "cls_token"}),
}
_PARTS_THAT_CHANGE_NOTHING: Final = frozenset({"Transformer", "Pooling", "Normalize"})


@dataclass(frozen=True, slots=True)
class Encoder:
    """A folder that `transformers` opens. `name` is the space that vectors live in.

    `max_tokens` is None where only the tokenizer and the network know.
    """

    folder: Path
    name: str
    pooling: Pooling
    prefixes: Prefixes
    max_tokens: int | None


def bundled_encoder(models_dir: Path) -> Encoder:
    """The bundled weights, written for `transformers` first if need be (235 MB, three seconds)."""
    manifest = made_folder(HUGGING_FACE, models_dir)
    return read_encoder(models_dir / HUGGING_FACE.folder, model_name(manifest))


def find_encoder(model: str, cache: Path, *, download: bool) -> Encoder:
    """The encoder in a folder, or that of a name on the hub ("intfloat/multilingual-e5-base").

    What the hub gives is kept in `cache`, where it is looked for first; it is asked only with
    `download`. Raises Unavailable where there is none.
    """
    folder = Path(model)
    if folder.is_dir():
        return read_encoder(folder, _local_name(folder))
    snapshot = _snapshot(model, cache, download=download)
    return read_encoder(snapshot, f"{model}@{snapshot.name[:12]}")


def read_encoder(folder: Path, name: str) -> Encoder:
    """What the folder's own files say.

    Raises Unavailable where there are none, InvalidInput for what cannot be run as it is meant.
    """
    if not (folder / "config.json").is_file():
        raise Unavailable(
            f"{folder} holds no config.json: set NAVIGATOR_EMBED_MODEL to the folder of an encoder "
            "as Hugging Face lays it out",
            code="model-missing",
        )
    for module in _read(folder / "modules.json") or ():
        kind = str(module.get("type", "")).rpartition(".")[2]
        if kind not in _PARTS_THAT_CHANGE_NOTHING:
            raise _refused(folder, f"it has a part {kind} after the network, which is not run here")
    prompts = (_read(folder / "config_sentence_transformers.json") or {}).get("prompts") or {}
    return Encoder(
        folder=folder,
        name=name,
        pooling=_pooling(folder),
        prefixes=_prefixes(prompts, name),
        max_tokens=(_read(folder / "sentence_bert_config.json") or {}).get("max_seq_length"),
    )


def _pooling(folder: Path) -> Pooling:
    config: Mapping[str, Any] = _read(folder / "1_Pooling" / "config.json") or {}
    old = {key.removeprefix("pooling_mode_") for key, value in config.items() if value is True}
    modes = {str(config.get("pooling_mode", ""))} - {""} or old - {"include_prompt"}
    for pooling, spellings in _POOLING.items():
        if modes <= spellings:
            return pooling
    raise _refused(folder, f"its pooling is {', '.join(sorted(modes))}; here are mean and cls")


def _prefixes(prompts: Mapping[str, str], name: str) -> Prefixes:
    query = prompts.get("query", "")
    passage = prompts.get("passage") or prompts.get("document", "")
    # sentence-transformers writes empty prompts for models that were saved without any.
    return Prefixes(query, passage) if query or passage else usual_prefixes(name)


def _local_name(folder: Path) -> str:
    """The folder's name and the digest of its weights; a copy of ours is what it was made from."""
    digests = {path.name: _digest(path) for path in sorted(folder.glob("*.safetensors"))}
    if not digests:
        raise _refused(folder, "it holds no weights as .safetensors, and others may run programs")
    manifest = _read(folder / MANIFEST) or {}
    if digests.items() <= manifest.get("files", {}).items() and digests.keys() == {WEIGHTS_FILE}:
        return model_name(manifest)
    together = hashlib.sha256("".join(digests.values()).encode()).hexdigest()
    return f"{folder.resolve().name}@{together[:12]}"


def _snapshot(model: str, cache: Path, *, download: bool) -> Path:
    hub = importlib.import_module("huggingface_hub")  # only the extra `transformers` brings it
    cure = (
        "check the name, and that the hub can be reached"
        if download
        else "set NAVIGATOR_EMBED_MODEL to its folder, or NAVIGATOR_EMBED_ALLOW_DOWNLOAD=true"
    )
    try:
        return Path(
            hub.snapshot_download(
                model,
                cache_dir=cache,
                allow_patterns=list(FETCHED),
                local_files_only=not download,
            )
        )
    # The hub's errors are of many kinds: its own, of httpx, of the file system, ValueError.
    except (OSError, ValueError, RuntimeError) as error:
        raise Unavailable(
            f"the embedding model {model} is neither a folder nor in {cache}; {cure}",
            code="model-missing",
        ) from error


def _refused(folder: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        f"the encoder in {folder} cannot be used: {reason}. Set NAVIGATOR_EMBED_MODEL to another",
        code="invalid-model-file",
    )


def _read(path: Path) -> Any:
    """A JSON file's content, or None where there is no such file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _refused(path.parent, f"{path.name} is damaged") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
