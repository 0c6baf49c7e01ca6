"""Turns the bundled weights into a folder that `transformers` opens, once.

    <directory>/multilingual-e5-small-q4-huggingface/

Also sentence-transformers reads it, with the right pooling and prefixes. The weights are those
that OpenVINO multiplies with: each code times its scale, rounded to fp16.
"""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.embed.bundled import MODEL, Recipe
from services.embed.huggingface_tokenizer import settings_description, tokenizer_description
from services.embed.prefixes import E5
from services.embed.weights import ZERO_POINT, Weights

WEIGHTS_FILE: Final = "model.safetensors"
# transformers' names of a layer's parts.
_PARTS: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS: Final = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def _write(weights: Weights, folder: Path) -> dict[str, Any]:
    for name, content in _descriptions(weights).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    # Imported here, for only the extra `transformers` brings it.
    numpy_files = importlib.import_module("safetensors.numpy")
    numpy_files.save_file(dict(_tensors(weights)), folder / WEIGHTS_FILE, {"format": "pt"})
    return {}


def _descriptions(weights: Weights) -> dict[str, object]:
    shape, tokens = weights.shape, weights.tokens
    part = "sentence_transformers.models."
    return {
        "config.json": _network(weights),
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{part}Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{part}Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{part}Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": E5.query, "passage": E5.passage}
        },
        "tokenizer.json": tokenizer_description(tokens),
        "tokenizer_config.json": settings_description(tokens, shape.positions),
    }


def _network(weights: Weights) -> dict[str, object]:
    shape = weights.shape
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": shape.words,
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.token_types,
        "layer_norm_eps": shape.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": weights.tokens.pad,
    }


def _tensors(weights: Weights) -> Iterator[tuple[str, NDArray[np.generic]]]:
    shape = weights.shape
    hidden, wide = shape.hidden, shape.feed_forward
    yield (
        "embeddings.word_embeddings.weight",
        _matrix(weights, "emb.word", shape.words, hidden),
    )
    places = weights.floats("emb.pos", shape.positions, hidden)
    yield "embeddings.position_embeddings.weight", places
    kinds = weights.floats("emb.type", shape.token_types, hidden)
    yield "embeddings.token_type_embeddings.weight", kinds
    yield from _norm(weights, "emb.ln", "embeddings.LayerNorm", hidden)
    sizes = {"fi": (wide, hidden), "fo": (hidden, wide)}
    for layer in range(shape.layers):
        ours, theirs = f"l{layer}.", f"encoder.layer.{layer}."
        for part, name in _PARTS.items():
            rows, columns = sizes.get(part, (hidden, hidden))
            matrix = _matrix(weights, f"{ours}{part}.w", rows, columns)
            yield f"{theirs}{name}.weight", matrix
            yield f"{theirs}{name}.bias", weights.floats(f"{ours}{part}.b", rows)
        for part, name in _NORMS.items():
            yield from _norm(weights, ours + part, theirs + name, hidden)


def _norm(
    weights: Weights, ours: str, theirs: str, size: int
) -> Iterator[tuple[str, NDArray[np.generic]]]:
    yield f"{theirs}.weight", weights.floats(f"{ours}.w", size)
    yield f"{theirs}.bias", weights.floats(f"{ours}.b", size)


def _matrix(weights: Weights, name: str, rows: int, columns: int) -> NDArray[np.generic]:
    stored = weights.quantized(name, rows, columns)
    signed = stored.codes.astype(np.float16) - np.float16(ZERO_POINT)
    groups = stored.scales.shape[1]
    return (signed.reshape(rows, groups, -1) * stored.scales[:, :, None]).reshape(rows, columns)


HUGGING_FACE: Final = Recipe(
    folder=f"{MODEL}-q4-huggingface",
    version=1,
    files=(
        "config.json",
        "modules.json",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
        "tokenizer.json",
        "tokenizer_config.json",
        WEIGHTS_FILE,
    ),
    write=_write,
)
