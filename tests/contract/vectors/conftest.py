"""An index on each engine, empty at first."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from libs.vectors.port import PassageIndex
from libs.vectors.settings import VectorSettings
from tests.contract.vectors.engines import ENGINES, SERVER, Open, open_index
from tests.contract.vectors.samples import SPEC


@pytest.fixture
def settings_of(tmp_path: Path) -> Iterator[Callable[[str], VectorSettings]]:
    """Settings of an empty place of each engine; a server's collection is removed at the end."""
    collection = f"test-{uuid.uuid4().hex}"

    def settings(engine: str) -> VectorSettings:
        url = {"edge": None, "memory": ":memory:", "server": SERVER}[engine]
        return VectorSettings(path=tmp_path / "index", url=url, collection=collection)

    yield settings
    if SERVER is not None:
        httpx.delete(f"{SERVER}/collections/{collection}")


@pytest.fixture
def open_engine(settings_of: Callable[[str], VectorSettings]) -> Iterator[Open]:
    opened: list[PassageIndex] = []

    def open_one(engine: str) -> PassageIndex:
        opened.append(open_index(settings_of(engine), SPEC))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()


@pytest.fixture(params=ENGINES)
def index(request: pytest.FixtureRequest, open_engine: Open) -> PassageIndex:
    return open_engine(request.param)
