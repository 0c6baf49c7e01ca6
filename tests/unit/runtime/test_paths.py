"""Any id is one segment of a path, and a path is read in one way only."""

from urllib.parse import unquote, urlsplit

import httpx
import pytest

from libs.errors import InvalidInput
from libs.runtime.paths import path_segment, raw_path
from tests.hard_ids import HARD_IDS


@pytest.mark.parametrize("text", HARD_IDS, ids=range(len(HARD_IDS)))
def test_a_segment_is_one_for_every_reader(text: str) -> None:
    segment = path_segment(text)
    assert unquote(segment) == text
    assert segment.isascii()
    # As clients tidy addresses before they send them.
    tidied = httpx.URL(f"http://n/a/{segment}?b").raw_path
    assert tidied == f"/a/{segment}?b".encode()
    assert urlsplit(f"http://n/a/{segment}").path == f"/a/{segment}"


def test_a_path_is_taken_as_it_was_sent() -> None:
    assert raw_path({"raw_path": b"/a%2Fb/%2e%2e", "path": "/a/b/.."}) == b"/a%2Fb/%2e%2e"
    assert raw_path({"path": "/å b"}) == b"/%C3%A5%20b"


@pytest.mark.parametrize("sent", [b"/a/..", b"/../a", b"/a/./b", b"/.", b"/%ff", b"/%C3"])
def test_a_path_that_could_be_read_in_two_ways_is_refused(sent: bytes) -> None:
    with pytest.raises(InvalidInput):
        raw_path({"raw_path": sent, "path": "/"})
