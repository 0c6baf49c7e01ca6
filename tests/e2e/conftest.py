"""One running platform for the tests that only ask and push."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import REPOSITORY, Installation


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything in one process on embedded parts, without the demonstration corpus."""
    installation = Installation(tmp_path_factory.mktemp("platform"))
    process = installation.start()
    yield installation
    assert process.terminate() == 0, "".join(process.output)


@pytest.fixture
def client(platform: Installation) -> Iterator[httpx.Client]:
    """A client of its gateway."""
    with platform.client() as client:
        yield client


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real corpora; it is not part of the project and may be absent."""
    return Path(os.environ.get("NAVIGATOR_DATA", REPOSITORY.parent / "shared" / "data"))
