"""What an encoder's own files say, without its weights."""

import json
from pathlib import Path

import pytest

from libs.errors import InvalidInput, Unavailable
from services.embed.encoder_folder import find_encoder, read_encoder
from services.embed.prefixes import E5, Prefixes, usual_prefixes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def write(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        (None, "mean"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_cls_token": True, "include_prompt": True}, "cls"),
        ({"pooling_mode": "cls"}, "cls"),
    ],
)
def test_pooling_in_old_and_new_spelling(folder: Path, config: object, pooling: str) -> None:
    if config is not None:
        write(folder, "1_Pooling/config.json", config)
    assert read_encoder(folder, "m").pooling == pooling


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("1_Pooling/config.json", {"pooling_mode_lasttoken": True}, "lasttoken"),
        (
            "1_Pooling/config.json",
            {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
            "cls",
        ),
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "Dense"),
    ],
)
def test_what_is_not_run_here_is_refused(
    folder: Path, name: str, content: object, told: str
) -> None:
    write(folder, name, content)
    with pytest.raises(InvalidInput, match=told):
        read_encoder(folder, "m")


@pytest.mark.parametrize(
    ("prompts", "name", "prefixes"),
    [
        ({"query": "q: ", "passage": "p: "}, "any", Prefixes("q: ", "p: ")),
        ({"query": "q: ", "document": ""}, "multilingual-e5-base", Prefixes("q: ", "")),
        ({"query": "", "document": ""}, "intfloat/multilingual-e5-base", E5),
        (None, "intfloat/multilingual-e5-large-instruct", Prefixes()),
        (None, "BAAI/bge-m3", Prefixes()),
    ],
)
def test_prefixes_are_the_models_prompts_or_those_of_its_name(
    folder: Path, prompts: object, name: str, prefixes: Prefixes
) -> None:
    if prompts is not None:
        write(folder, "config_sentence_transformers.json", {"prompts": prompts})
    assert read_encoder(folder, name).prefixes == prefixes


def test_other_prefixes_make_another_space_and_the_same_ones_do_not() -> None:
    own = usual_prefixes("e5-small")
    assert own.or_else(None, None).space("m") == own.or_else("query: ", None).space("m") == "m"
    names = {own.or_else(*each).space("m") for each in (("", None), (None, ""), ("passage: ", ""))}
    assert len(names) == 3


def test_a_damaged_file_and_weights_that_run_programs_are_refused(folder: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\.safetensors"):
        find_encoder(str(folder), folder / "hub", download=False)
    (folder / "modules.json").write_text("[")
    with pytest.raises(InvalidInput, match=r"modules\.json is damaged"):
        read_encoder(folder, "m")
    with pytest.raises(Unavailable, match="NAVIGATOR_EMBED_MODEL"):
        read_encoder(folder / "absent", "m")
