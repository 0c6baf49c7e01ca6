"""The engine `transformers` on the bundled weights: the same as the default engine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from libs.errors import Unavailable
from services.embed.conversion import prepare_model
from services.embed.embedder import Embedder
from services.embed.encoder_folder import bundled_encoder, find_encoder
from services.embed.engines import open_embedder
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.settings import EmbedSettings
from services.embed.tokenizer import Tokenizer
from tests.contract.embed.suite import SENTENCES, LocalEmbedderSuite, cosines

ODD = [
    "",
    "  ",
    "a</s>b <mask> c",
    "👩‍👩‍👧 🚲 ♻️",
    "Ska\u030ane",
    "a\t b\u00adc\u3000d",
    "ﬁ ½ ① \uff21\uff22",
    "ვეფხი",
]


@pytest.fixture(scope="module")
def embedder(models: Path) -> Iterator[Embedder]:
    opened = open_embedder(EmbedSettings(engine="transformers"), models)
    yield opened
    opened.close()


class TestTransformers(LocalEmbedderSuite):
    pass


def test_vectors_are_those_of_the_default_engine_in_ten_languages(
    embedder: Embedder, models: Path
) -> None:
    default = OpenVinoEmbedder(prepare_model(models))
    assert embedder.model == default.model
    passages = cosines(embedder.embed_passages(SENTENCES), default.embed_passages(SENTENCES))
    queries = cosines(embedder.embed_queries(SENTENCES), default.embed_queries(SENTENCES))
    default.close()
    assert min(passages.min(), queries.min()) >= 0.999


def test_ids_are_those_of_sentencepiece(embedder: Embedder, models: Path) -> None:
    expected = Tokenizer(prepare_model(models).tokenizer).encode(SENTENCES + ODD)
    assert embedder.count_tokens(SENTENCES + ODD) == [len(ids) for ids in expected]
    tokenizer = AutoTokenizer.from_pretrained(bundled_encoder(models).folder)
    assert [tokenizer(text)["input_ids"][1:-1] for text in SENTENCES] == expected[: len(SENTENCES)]


def test_a_copied_folder_is_the_same_space_and_a_changed_one_another(
    models: Path, tmp_path: Path
) -> None:
    bundled = bundled_encoder(models)
    copy = tmp_path / "copy"
    shutil.copytree(bundled.folder, copy)
    found = find_encoder(str(copy), tmp_path / "hub", download=False)
    assert (found.name, found.prefixes, found.pooling, found.max_tokens) == (
        bundled.name,
        bundled.prefixes,
        "mean",
        512,
    )
    with (copy / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    assert find_encoder(str(copy), tmp_path / "hub", download=False).name.startswith("copy@")


def test_a_closed_embedder_says_so(models: Path) -> None:
    embedder = open_embedder(EmbedSettings(engine="transformers"), models)
    embedder.close()
    with pytest.raises(Unavailable, match="closed"):
        embedder.embed_queries(["en"])
