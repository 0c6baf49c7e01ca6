"""Collections and their parts: one suite for a folder and a server."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from libs.errors import Conflict, Unavailable
from libs.vectors.collections import Collections, Roles
from libs.vectors.opening import open_collections
from libs.vectors.port import CollectionSpec
from libs.vectors.settings import VectorSettings
from tests.contract.vectors.engines import ENGINES, SERVER, open_index
from tests.contract.vectors.samples import DIMENSION, SPEC, points, put

OTHER = CollectionSpec("another-model", DIMENSION)


@pytest.fixture(params=ENGINES)
def collections(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Collections]:
    url = {"edge": None, "memory": ":memory:", "server": SERVER}[request.param]
    settings = VectorSettings(path=tmp_path, url=url, collection=f"test-{uuid4().hex}")
    opened = open_collections(settings)
    yield opened
    opened.assign(Roles())
    for spec in (SPEC, OTHER):
        opened.drop(opened.name_of(spec))
    opened.close()


def test_a_collection_is_opened_once_and_named_by_its_model(collections: Collections) -> None:
    first, other = collections.index(SPEC, {"note": "å"}), collections.index(OTHER)
    assert collections.index(SPEC) is first
    put(first, points(8))
    assert (first.count(), other.count()) == (8, 0)
    made = collections.made(collections.name_of(SPEC))
    assert (made.spec, made.notes) == (SPEC, {"note": "å"})


def test_roles_change_at_once(collections: Collections) -> None:
    for spec in (SPEC, OTHER):
        collections.index(spec)
    one, two = collections.name_of(SPEC), collections.name_of(OTHER)
    assert collections.roles() == Roles()
    for roles in (Roles(one), Roles(one, building=two), Roles(two, None, one, two), Roles(two)):
        collections.assign(roles)
        assert collections.roles() == roles


def test_what_is_dropped_is_gone_and_may_be_made_again(collections: Collections) -> None:
    index = collections.index(SPEC)
    put(index, points(8))
    collections.drop(collections.name_of(SPEC))
    with pytest.raises(Unavailable):
        index.count()
    with pytest.raises(Conflict, match="navigator replay"):
        collections.made(collections.name_of(SPEC))
    collections.drop(collections.name_of(SPEC))
    assert collections.index(SPEC).count() == 0


def test_what_plays_no_part_is_left_over(collections: Collections) -> None:
    for spec in (SPEC, OTHER):
        collections.index(spec, {"note": spec.model})
    one, two = collections.name_of(SPEC), collections.name_of(OTHER)
    assert collections.left_over() == {}, "the roles may have been lost"
    collections.assign(Roles(one, previous=two))
    assert collections.left_over() == {}
    collections.assign(Roles(one))
    assert collections.left_over() == {two: collections.made(two)}


def test_a_collection_from_before_is_found_by_its_old_name(tmp_path: Path) -> None:
    settings = VectorSettings(path=tmp_path)
    with closing(open_index(settings, SPEC)) as before:
        put(before, points(8))
    with closing(open_collections(settings)) as collections:
        assert collections.roles() == Roles(active="passages")
        assert collections.index(SPEC).count() == 8
        assert collections.index(OTHER).count() == 0
        assert collections.name_of(OTHER) != "passages"


def test_roles_are_there_after_a_restart(tmp_path: Path) -> None:
    settings = VectorSettings(path=tmp_path)
    with closing(open_collections(settings)) as collections:
        collections.index(SPEC)
        collections.assign(Roles(collections.name_of(SPEC)))
    with closing(open_collections(settings)) as collections:
        assert collections.roles() == Roles(collections.name_of(SPEC))
        assert collections.index(SPEC).count() == 0


def test_a_collection_that_was_wiped_plays_no_part_and_is_made_anew(tmp_path: Path) -> None:
    settings = VectorSettings(path=tmp_path)
    with closing(open_collections(settings)) as collections:
        collections.index(SPEC)
        collections.index(OTHER)
        one, two = collections.name_of(SPEC), collections.name_of(OTHER)
        collections.assign(Roles(one, previous=two))
    shutil.rmtree(tmp_path / one)
    with closing(open_collections(settings)) as collections:
        assert collections.roles() == Roles(previous=two)
        assert collections.index(SPEC).count() == 0
