"""What a hostile table takes, it takes from a process of its own and not from the service."""

import tracemalloc

import pytest

from libs.errors import InvalidInput
from services.ingest.spreadsheets.apart import read_apart
from tests.unit.ingest.spreadsheets.workbooks import packed

_SERVICE_MAY_TAKE = 8_000_000
HOSTILE = {
    "json": b"[" + b"{}," * 600_000 + b"{}]",
    "csv": b";;;;;;;;;\n" * 200_000,
    "archive": packed({str(number): "" for number in range(30_000)}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_service_gives_no_memory_for_it(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput):
            read_apart(HOSTILE[name])
        assert tracemalloc.get_traced_memory()[1] < _SERVICE_MAY_TAKE
    finally:
        tracemalloc.stop()


def test_what_no_json_can_hold_is_handed_on_as_a_cell() -> None:
    grid = read_apart(b'[{"a": NaN, "b": 1e999, "c": "\\ud800", "d": 1.0, "e": true}]')
    assert grid.rows[1] == ["", "inf", "", 1.0, True]
    assert [type(cell) for cell in grid.rows[1]] == [str, str, str, float, bool]
