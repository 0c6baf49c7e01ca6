"""Whatever is handed over as a table is read or refused, and never anything else."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.errors import InvalidInput
from libs.events.tables import TableDefaults, TableMapping
from services.ingest.spreadsheets.grid import Cell, Grid
from services.ingest.spreadsheets.preview import preview
from services.ingest.spreadsheets.reading import read_grid
from services.ingest.spreadsheets.table import read_table
from services.ingest.spreadsheets.wording import header_words

HEADERS = st.sampled_from(
    [phrase for words in header_words()["sure"].values() for phrase in words["sv"] + words["lv"]]
)
CELLS: st.SearchStrategy[Cell] = (
    st.text(max_size=30)
    | st.sampled_from(
        ["2020", "1.5.2020", "3 mkr", "Sverige", "a@b.example", "SE331", "SDG 3", "1"]
    )
    | st.integers()
    | st.floats()
    | st.booleans()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def look_at(grid: Grid) -> None:
    try:
        table = read_table(grid, TableMapping())
    except InvalidInput:
        return
    found = preview(table, TableDefaults(country="SE", currency="SEK"), 5)
    assert found.accepted + found.refused == found.rows
    # What is told goes out as JSON in UTF-8.
    found.model_dump_json().encode()


def read(content: bytes) -> None:
    try:
        grid = read_grid(content)
    except InvalidInput:
        return
    look_at(grid)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000).filter(lambda content: not content.startswith(b"PK")))
def test_any_bytes(content: bytes) -> None:
    read(content)


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="ab1.,;|\t\n\r\"'\\åÄ\x00\x96=€", max_size=300),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_any_csv(text: str, encoding: str) -> None:
    read(text.encode(encoding, "replace"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(HEADERS, JSON, max_size=6), max_size=5) | JSON)
def test_any_json(value: object) -> None:
    read(json.dumps(value).encode())


@settings(max_examples=300, deadline=None)
@given(
    st.lists(HEADERS, min_size=1, max_size=8).flatmap(
        lambda header: st.tuples(
            st.just(header), st.lists(st.lists(CELLS, max_size=len(header) + 1), max_size=6)
        )
    )
)
def test_any_cells_below_any_headers(table: tuple[list[str], list[list[Cell]]]) -> None:
    header, rows = table
    look_at(Grid([[*header], *rows], "csv"))
