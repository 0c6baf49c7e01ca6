"""These tests need torch: `make test-transformers`, which `.ci/run` calls; `make test` does not."""

import os
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.contract.embed.suite")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("NAVIGATOR_TEST_MODEL_DIR")
    return Path(kept) if kept else tmp_path_factory.mktemp("models")
