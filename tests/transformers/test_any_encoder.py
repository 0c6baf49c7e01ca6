"""Other encoders than ours, small and with weights by chance: each as its own files say."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

from libs.errors import InvalidInput, Unavailable
from services.embed.embedder import Vectors
from services.embed.engines import open_embedder
from services.embed.settings import EmbedSettings
from services.embed.transformers_embedder import TransformersEmbedder

PAD, UNKNOWN = "[PAD]", "[UNK]"
WORDS = [PAD, UNKNOWN, "[CLS]", "[SEP]", "en", "två", "tre", "query", "fråga"]
SIZES = {
    "vocab_size": len(WORDS),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}


def write_tokenizer(folder: Path) -> None:
    words = {word: place for place, word in enumerate(WORDS)}
    rust = Tokenizer(models.WordLevel(words, unk_token=UNKNOWN))
    rust.pre_tokenizer = pre_tokenizers.Whitespace()
    rust.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=rust, pad_token=PAD, unk_token=UNKNOWN, model_max_length=64
    ).save_pretrained(folder)


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    folder = tmp_path / "small"
    BertModel(BertConfig(**SIZES, max_position_embeddings=40)).save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def write(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


def expected(folder: Path, ids: list[int], *, cls: bool) -> Vectors:
    """By torch alone, in fp32, one text without padding."""
    network = BertModel.from_pretrained(folder).eval()
    with torch.no_grad():
        state = network(torch.tensor([ids])).last_hidden_state[0]
    vector = (state[0] if cls else state.mean(0)).numpy()
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


def opened(folder: Path | str, models_dir: Path, **more: object):
    return open_embedder(
        EmbedSettings(engine="transformers", model=str(folder), **more), models_dir
    )


@pytest.mark.parametrize("cls", [False, True])
def test_pooling_prompt_and_length_are_the_models_own(bert: Path, *, cls: bool) -> None:
    write(
        bert,
        "1_Pooling/config.json",
        {"pooling_mode_cls_token": cls, "pooling_mode_mean_tokens": not cls},
    )
    write(
        bert, "config_sentence_transformers.json", {"prompts": {"query": "fråga ", "document": ""}}
    )
    write(bert, "sentence_bert_config.json", {"max_seq_length": 20})
    embedder = opened(bert, bert.parent)
    assert (embedder.dimension, embedder.max_tokens) == (32, 20)
    assert embedder.model.startswith("small@")
    passages = embedder.embed_passages(["en två", "tre " * 100, "en"])
    assert float(passages[0] @ expected(bert, [2, 4, 5, 3], cls=cls)) > 0.999
    # Cut to 20 tokens, and its closing marker kept.
    assert float(passages[1] @ expected(bert, [2, *[6] * 18, 3], cls=cls)) > 0.999
    query = embedder.embed_queries(["en"])[0]
    assert float(query @ expected(bert, [2, 8, 4, 3], cls=cls)) > 0.999
    embedder.close()


def test_without_any_of_these_files_it_is_the_mean_of_what_fits(bert: Path) -> None:
    embedder = opened(bert, bert.parent)
    assert embedder.max_tokens == 40
    vector = embedder.embed_passages(["två"])[0]
    assert float(vector @ expected(bert, [2, 5, 3], cls=False)) > 0.999
    assert embedder.embed_queries(["två"])[0] @ vector > 0.999


def test_a_prefix_that_is_set_makes_another_space(bert: Path) -> None:
    plain, prefixed = opened(bert, bert.parent), opened(bert, bert.parent, query_prefix="fråga ")
    assert prefixed.model.startswith(plain.model + "+prefixes-")
    vector = prefixed.embed_queries(["en"])[0]
    assert float(vector @ expected(bert, [2, 8, 4, 3], cls=False)) > 0.999


def test_robertas_places_begin_after_the_padding(tmp_path: Path) -> None:
    config = RobertaConfig(**SIZES, max_position_embeddings=42, pad_token_id=1)
    RobertaModel(config).save_pretrained(tmp_path / "r")
    write_tokenizer(tmp_path / "r")
    embedder = opened(tmp_path / "r", tmp_path)
    assert embedder.max_tokens == 40
    assert embedder.embed_passages(["en " * 100]).shape == (1, 32)


def test_a_name_is_looked_for_in_the_cache_alone_until_a_download_is_allowed(bert: Path) -> None:
    hub = bert.parent / "hub" / "models--someone--small-e5-x"
    commit = "0123456789abcdef0123456789abcdef01234567"
    shutil.copytree(bert, hub / "snapshots" / commit)
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text(commit)
    embedder = opened("someone/small-e5-x", bert.parent)
    assert embedder.model == "someone/small-e5-x@0123456789ab"
    # E5's prefixes, by its name.
    vector = embedder.embed_queries(["en"])[0]
    assert float(vector @ expected(bert, [2, 7, 1, 4, 3], cls=False)) > 0.999
    with pytest.raises(Unavailable, match="NAVIGATOR_EMBED_ALLOW_DOWNLOAD=true"):
        opened("someone/else", bert.parent)


def test_a_device_without_memory_is_waited_for(bert: Path) -> None:
    embedder = opened(bert, bert.parent)
    assert isinstance(embedder, TransformersEmbedder)

    def full(**_inputs: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    embedder._network = full
    with pytest.raises(Unavailable, match="memory"):
        embedder.embed_queries(["en"])


def test_a_damaged_model_is_refused_with_its_folder(bert: Path) -> None:
    (bert / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(Unavailable, match="small"):
        opened(bert, bert.parent)


def test_a_decoder_is_refused(bert: Path) -> None:
    config = json.loads((bert / "config.json").read_text())
    write(bert, "config.json", config | {"is_decoder": True})
    with pytest.raises(InvalidInput, match="no encoder"):
        opened(bert, bert.parent)
