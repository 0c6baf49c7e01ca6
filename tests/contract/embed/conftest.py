"""The model of all tests of embedders, made once."""

import os
from pathlib import Path

import pytest

from services.embed.conversion import PreparedModel, prepare_model

# The suite's own asserts tell what they compared.
pytest.register_assert_rewrite("tests.contract.embed.suite")


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("NAVIGATOR_TEST_MODEL_DIR")
    return Path(kept) if kept else tmp_path_factory.mktemp("model")


@pytest.fixture(scope="session")
def prepared(model_directory: Path) -> PreparedModel:
    return prepare_model(model_directory)
