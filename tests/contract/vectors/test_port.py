"""What the port's own words refuse, before any engine sees it."""

import pytest

from libs.errors import InvalidInput
from libs.vectors.port import PassageFilter, SparseVector


@pytest.mark.parametrize(
    "any_of",
    [
        {"colour": ["red"]},
        {"themes": []},
        {"themes": "work"},
        {"themes": [1]},
        {"sdgs": ["1"]},
        {"sdgs": [True]},
        {"year": [2**70]},
    ],
)
def test_a_filter_that_cannot_match_is_refused(any_of: dict[str, list[str | int]]) -> None:
    with pytest.raises(InvalidInput):
        PassageFilter(any_of)


@pytest.mark.parametrize(
    ("indices", "values"), [((1,), ()), ((1, 1), (0.5, 0.5)), ((-1,), (1.0,)), ((2**32,), (1.0,))]
)
def test_a_broken_sparse_vector_is_refused(
    indices: tuple[int, ...], values: tuple[float, ...]
) -> None:
    with pytest.raises(InvalidInput):
        SparseVector(indices, values)
