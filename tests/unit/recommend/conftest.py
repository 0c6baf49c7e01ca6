"""A stage with three reports of two organisations."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.vectors.edge import EdgePassageIndex
from tests.unit.recommend.stage import SPEC, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    index = EdgePassageIndex.open(tmp_path / "index", SPEC)
    stage = Stage(index)
    stage.put(
        "a",
        "work was found by young people through mentors",
        "lonely people met in the village hall",
        lead_organisation={"name": "Umeå  kommun", "country": "SE"},
        contacts=[{"name": "Anna", "phone": "090"}],
        places=[{"country": "SE", "nuts": "SE331"}],
        themes=["youth-work", "own-theme"],
        sdgs=[8, 10],
        outcome="succeeded",
        period={"end": "2019-05-01"},
    )
    stage.put(
        "b",
        "work with mentors did not last",
        lead_organisation={"name": "umeå kommun", "country": "SE"},
        places=[{"country": "SE"}],
        themes=["youth-work"],
        sdgs=[8],
        outcome="failed",
        period={"end": "2021-05-01"},
    )
    stage.put(
        "c",
        "lonely people were called every morning",
        lead_organisation={"name": "Umeå kommun", "country": "FI"},
        places=[{"country": "FI"}],
        period={"end": "2021-01-01"},
    )
    stage.put("d", "bread was baked")
    yield stage
    index.close()
