"""Turns the bundled weights into files that OpenVINO and sentencepiece read, once.

<directory>/multilingual-e5-small-q4/   model.xml  model.bin  tokenizer.model  manifest.json
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.embed.bundled import MODEL, Recipe, made_folder, model_name
from services.embed.openvino_model import save_openvino_model
from services.embed.tokenizer import build_tokenizer
from services.embed.weights import Weights

FOLDER: Final = f"{MODEL}-q4"
MODEL_FILE: Final = "model.xml"
TOKENIZER_FILE: Final = "tokenizer.model"


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A folder of files that fit their manifest. `name` is the space that vectors live in."""

    name: str
    dimension: int
    max_tokens: int
    model: Path
    tokenizer: Path


def prepare_model(directory: Path, source: Path | None = None) -> PreparedModel:
    """The model in `directory`, converted first if need be: see `made_folder` for when.

    Takes about two seconds the first time and a tenth of one later. Raises InvalidInput for a
    damaged source, Unavailable when it is missing or nothing can be written.
    """
    manifest = made_folder(OPENVINO, directory, source)
    return PreparedModel(
        name=model_name(manifest),
        dimension=int(manifest["dimension"]),
        max_tokens=int(manifest["max_tokens"]),
        model=directory / FOLDER / MODEL_FILE,
        tokenizer=directory / FOLDER / TOKENIZER_FILE,
    )


def _write(weights: Weights, folder: Path) -> dict[str, Any]:
    (folder / TOKENIZER_FILE).write_bytes(build_tokenizer(weights.tokens))
    save_openvino_model(weights, folder / MODEL_FILE)
    return {"dimension": weights.shape.hidden, "max_tokens": weights.shape.positions}


OPENVINO: Final = Recipe(
    folder=FOLDER, version=1, files=(MODEL_FILE, "model.bin", TOKENIZER_FILE), write=_write
)
