"""One behaviour suite for every engine behind PassageIndex, and proof that they agree."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import httpx
import numpy as np
import pytest

from libs.errors import Conflict, InvalidInput, Unavailable
from libs.vectors.port import (
    FILTER_FIELDS,
    INTEGER_FIELDS,
    CollectionSpec,
    FacetCount,
    PassageFilter,
    PassageIndex,
    PassagePoint,
    SparseVector,
    Vector,
)
from libs.vectors.settings import VectorSettings
from tests.contract.vectors.engines import LASTING, SERVER, Open, needs_server, open_index
from tests.contract.vectors.samples import (
    DIMENSION,
    NOTHING,
    SPEC,
    point,
    point_id,
    points,
    put,
    terms,
    text,
    unit,
)


def test_an_empty_collection_finds_and_counts_nothing(index: PassageIndex) -> None:
    assert index.query(unit(1), terms("ord1"), where=None, limit=10) == []
    assert index.count() == 0
    assert index.facets("themes") == []
    index.delete_report("nowhere")


def test_the_nearest_passage_comes_first_with_its_payload(index: PassageIndex) -> None:
    put(index, points(40))
    best = index.query(unit(7), NOTHING, where=None, limit=3)[0]
    assert best.id == point_id(7)
    assert best.payload["report_id"] == "report-1"
    assert best.payload["themes"] == ["work", "health"]
    assert best.similarity == pytest.approx(1.0, abs=1e-5)


def test_a_term_finds_what_the_vector_does_not(index: PassageIndex) -> None:
    lexical = point(999, dense=_across(9, 5), words="vindskydd")
    put(index, [*points(300), lexical])
    assert lexical.id not in {
        hit.id for hit in index.query(unit(9), NOTHING, where=None, limit=100)
    }
    found = index.query(unit(9), terms("vindskydden"), where=None, limit=60)
    assert found[0].id == point_id(9)
    best = next(hit for hit in found if hit.id == lexical.id)
    assert best.similarity == pytest.approx(0.0, abs=1e-5)


def test_words_do_not_put_the_question_s_own_language_first(index: PassageIndex) -> None:
    nearer, own = (
        unit(5),
        (0.98 * unit(5) + np.sqrt(1 - 0.98**2) * _across(5, 6)).astype(np.float32),
    )
    put(
        index,
        [
            point(1, dense=nearer, words="tuulensuoja", language="fi"),
            *(point(n, dense=own, words="vindskydd", language="sv") for n in (2, 3)),
        ],
    )
    asked = terms("vindskydd")
    assert index.query(nearer, asked, where=None, limit=3)[0].id == point_id(1)
    # Where nothing is told of the question's language, who has its words is first.
    anyone = replace(asked, languages=())
    assert index.query(nearer, anyone, where=None, limit=3)[0].id != point_id(1)


def _across(first: int, second: int) -> Vector:
    """The part of one unit vector that is at right angles to another, of length 1."""
    rest = unit(second) - float(unit(first) @ unit(second)) * unit(first)
    return (rest / np.linalg.norm(rest)).astype(np.float32)


def test_both_routes_together_beat_each_alone(index: PassageIndex) -> None:
    put(index, points(100))
    put(index, [point(500, dense=unit(5), words="vindskydd"), point(501, words="vindskydd")])
    found = index.query(unit(5), terms("vindskydd"), where=None, limit=10)
    assert found[0].id == point_id(500)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_similarity_is_the_inner_product(index: PassageIndex) -> None:
    stored = {item.id: item.dense for item in points(60)}
    put(index, points(60))
    query = unit(1234)
    for hit in index.query(query, terms("ord1 ord2 ord9"), where=None, limit=20):
        assert hit.similarity == pytest.approx(float(stored[hit.id] @ query), abs=1e-5)


def test_the_limit_bounds_the_hits_and_may_exceed_the_collection(index: PassageIndex) -> None:
    put(index, points(12))
    assert len(index.query(unit(1), terms(text(1)), where=None, limit=5)) == 5
    assert len(index.query(unit(1), terms(text(1)), where=None, limit=500)) == 12


def test_filters_take_any_value_of_a_field_and_all_fields(index: PassageIndex) -> None:
    put(index, points(30))
    where = PassageFilter({"language": ["sv", "fi"], "sdgs": [2, 5]})
    expected = {
        item.id
        for item in points(30)
        if item.payload["language"] in {"sv", "fi"}
        and {2, 5} & set(cast("list[int]", item.payload["sdgs"]))
    }
    assert expected
    found = index.query(unit(3), terms(text(3)), where=where, limit=30)
    assert {hit.id for hit in found} == expected
    assert index.count(where) == len(expected)


def test_a_filter_without_fields_filters_nothing(index: PassageIndex) -> None:
    put(index, points(5))
    assert index.count(PassageFilter({})) == 5
    assert len(index.query(unit(1), NOTHING, where=PassageFilter({}), limit=9)) == 5


@pytest.mark.parametrize(
    "value",
    ["Ö & <b>", "a/b?c=d#e", '"quoted"', "it's", "a\\b", "rad\nbrytning", "日本", "{x}", ""],
)
def test_values_with_odd_characters_match_themselves_only(index: PassageIndex, value: str) -> None:
    put(index, [point(1, partner=value), point(2, partner="plain")])
    where = PassageFilter({"partner": [value]})
    assert [hit.id for hit in index.query(unit(1), NOTHING, where=where, limit=5)] == [point_id(1)]
    assert FacetCount(value, 1) in index.facets("partner")


def test_report_ids_with_odd_characters_are_removed(index: PassageIndex) -> None:
    put(index, [point(1, report_id="a/b c%ä"), point(2, report_id="a/b")])
    index.delete_report("a/b c%ä")
    assert index.count() == 1


@pytest.mark.parametrize("field", FILTER_FIELDS)
def test_every_filter_field_filters_and_counts(index: PassageIndex, field: str) -> None:
    mine, other = (7, 8) if field in INTEGER_FIELDS else ("mine", "other")
    for number, value in enumerate([mine, mine, other]):
        item = point(number)
        put(index, [replace(item, payload={**item.payload, field: value})])
    assert index.count(PassageFilter({field: [mine]})) == 2
    assert index.count(PassageFilter({field: [other, mine]})) == 3
    assert index.facets(field) == [FacetCount(mine, 2), FacetCount(other, 1)]


def test_facets_count_each_element_of_a_list(index: PassageIndex) -> None:
    put(index, points(9))
    assert index.facets("themes") == [FacetCount("work", 6), FacetCount("health", 3)]
    assert index.facets("sdgs", limit=1) == [FacetCount(17, 9)]
    where = PassageFilter({"language": ["fi"]})
    assert index.facets("themes", where=where) == [FacetCount("health", 3), FacetCount("work", 3)]
    assert index.facets("version") == [FacetCount(1, 9)]


def tallied(
    index: PassageIndex, limit: int, where: PassageFilter | None = None
) -> tuple[Counter[tuple[str, int]], int]:
    """Passages by report and version from tally after tally, and how many tallies it took."""
    found: Counter[tuple[str, int]] = Counter()
    start, steps = None, 0
    while True:
        tally = index.tally(where, start=start, limit=limit)
        assert sum(count.passages for count in tally.counts) <= limit
        for count in tally.counts:
            found[count.report_id, count.version] += count.passages
        start, steps = tally.next, steps + 1
        if start is None:
            return found, steps


def test_every_passage_is_tallied_once_under_its_report_and_version(index: PassageIndex) -> None:
    put(index, points(40))
    put(index, [point(100 + n, report_id="report-3", version=2, language="et") for n in range(5)])
    expected = Counter({(f"report-{n}", 1): 4 for n in range(10)} | {("report-3", 2): 5})
    assert tallied(index, 7) == (expected, 7)
    assert tallied(index, 1000) == (expected, 1)
    where = PassageFilter({"report_id": ["report-3", "report-4"]})
    assert tallied(index, 3, where)[0] == Counter(
        {("report-3", 1): 4, ("report-3", 2): 5, ("report-4", 1): 4}
    )
    index.delete_report("report-3", before_version=2)
    assert tallied(index, 4, where)[0] == Counter({("report-3", 2): 5, ("report-4", 1): 4})
    assert tallied(index, 4, PassageFilter({"partner": ["nobody"]})) == (Counter(), 1)
    with pytest.raises(InvalidInput, match="limit"):
        index.tally(limit=0)


def test_an_upsert_replaces_the_point_with_its_id(index: PassageIndex) -> None:
    put(index, points(6))
    put(index, points(6))
    put(index, [point(2, dense=unit(77), words="vindskydd", kind="method")])
    assert index.count() == 6
    found = index.query(unit(77), terms("vindskydd"), where=None, limit=1)[0]
    assert (found.id, found.payload.get("kind")) == (point_id(2), "method")
    assert "themes" not in found.payload


def test_deleting_a_report_leaves_the_others(index: PassageIndex) -> None:
    put(index, points(12))
    index.delete_report("report-1")
    assert index.count() == 8
    assert index.count(PassageFilter({"report_id": ["report-1"]})) == 0
    assert index.query(unit(5), NOTHING, where=None, limit=1)[0].id != point_id(5)


def test_deleting_before_a_version_keeps_that_version(index: PassageIndex) -> None:
    put(index, [point(n, report_id="r", version=n) for n in (1, 2, 3)])
    put(index, [point(9, report_id="other", version=1)])
    index.delete_report("r", before_version=3)
    index.delete_report("r", before_version=3)
    assert index.facets("version") == [FacetCount(1, 1), FacetCount(3, 1)]


def test_a_point_without_terms_is_found_by_its_vector(index: PassageIndex) -> None:
    put(index, [point(1, words=""), point(2)])
    found = index.query(unit(1), terms("ord1"), where=None, limit=5)
    assert {hit.id for hit in found} == {point_id(1), point_id(2)}


def test_an_empty_upsert_and_a_lazy_one(index: PassageIndex) -> None:
    index.upsert([])
    put(index, (point(number) for number in range(600)))
    assert index.count() == 600


@pytest.mark.parametrize(
    "wrong",
    [
        point(1, dense=unit(1, 8)),
        point(1, dense=(unit(1) * 2).astype(np.float32)),
        point(1, dense=np.full(DIMENSION, np.nan, np.float32)),
        point(1, report_id=None),
        point(1, version="1"),
        point(1, version=True),
    ],
)
def test_a_point_that_cannot_be_found_again_is_refused(
    index: PassageIndex, wrong: PassagePoint
) -> None:
    with pytest.raises(InvalidInput):
        index.upsert([point(2), wrong])
    assert index.count() == 0


def test_wrong_questions_are_refused(index: PassageIndex) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        index.query(unit(1), NOTHING, where=None, limit=0)
    with pytest.raises(InvalidInput, match="dimension"):
        index.query(unit(1, 8), NOTHING, where=None, limit=1)
    with pytest.raises(InvalidInput, match="colour"):
        index.facets("colour")


def test_a_closed_index_is_unavailable(index: PassageIndex) -> None:
    index.close()
    index.close()
    with pytest.raises(Unavailable):
        index.count()
    with pytest.raises(Unavailable):
        index.query(unit(1), NOTHING, where=None, limit=1)
    with pytest.raises(Unavailable):
        index.upsert([point(1)])
    with pytest.raises(Unavailable):
        index.tally(limit=1)


def test_threads_may_write_and_ask_at_once(index: PassageIndex) -> None:
    def write(worker: int) -> None:
        for start in range(worker * 100, worker * 100 + 100, 10):
            put(index, (point(number) for number in range(start, start + 10)))

    def ask(worker: int) -> int:
        return sum(
            len(index.query(unit(n), terms(text(n)), where=None, limit=5))
            for n in range(worker, worker + 20)
        )

    with ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(write, worker) for worker in range(3)]
        asking = [pool.submit(ask, worker) for worker in range(3)]
        for written in writing:
            written.result(timeout=60)
        assert all(asked.result(timeout=60) >= 0 for asked in asking)
    assert index.count() == 300


@pytest.mark.parametrize("engine", LASTING)
def test_points_are_there_after_reopening(open_engine: Open, engine: str) -> None:
    first = open_engine(engine)
    put(first, points(20))
    first.delete_report("report-0")
    first.close()
    again = open_engine(engine)
    assert again.count() == 16
    assert again.query(unit(9), NOTHING, where=None, limit=1)[0].id == point_id(9)


@pytest.mark.parametrize("engine", LASTING)
@pytest.mark.parametrize(
    "other", [CollectionSpec("another-model", DIMENSION), CollectionSpec(SPEC.model, 64)]
)
def test_another_model_is_refused_with_a_way_out(
    settings_of: Callable[[str], VectorSettings], engine: str, other: CollectionSpec
) -> None:
    open_index(settings_of(engine), SPEC).close()
    with pytest.raises(Conflict, match="navigator reindex") as refused:
        open_index(settings_of(engine), other)
    assert SPEC.model in refused.value.detail
    open_index(settings_of(engine), SPEC).close()


def test_an_embedded_snapshot_opens_as_an_index(open_engine: Open, tmp_path: Path) -> None:
    index = open_engine("edge")
    put(index, points(50))
    copy = index.snapshot(tmp_path / "copies")
    index.delete_report("report-0")
    with pytest.raises(Conflict):
        index.snapshot(tmp_path / "copies")
    settings = VectorSettings(path=copy.parent, collection=copy.name)
    opened = open_index(settings, SPEC)
    try:
        assert opened.count() == 50
        assert opened.query(unit(3), NOTHING, where=None, limit=1)[0].id == point_id(3)
        assert opened.facets("themes")
        put(opened, [point(100)])
    finally:
        opened.close()
    assert index.count() == 46
    assert [entry.name for entry in copy.parent.iterdir()] == [copy.name]


@needs_server
def test_a_server_snapshot_is_recovered_by_a_server(open_engine: Open, tmp_path: Path) -> None:
    index = open_engine("server")
    put(index, points(50))
    file = index.snapshot(tmp_path)
    settings = VectorSettings(url=SERVER, collection=f"test-{uuid.uuid4().hex}")
    place = f"{SERVER}/collections/{settings.collection}"
    try:
        with file.open("rb") as content:
            upload = f"{place}/snapshots/upload?priority=snapshot"
            httpx.post(upload, files={"snapshot": content}, timeout=60).raise_for_status()
        opened = open_index(settings, SPEC)
        assert opened.count() == 50
        opened.close()
    finally:
        httpx.delete(place)


def test_memory_mode_says_that_it_has_no_snapshots(open_engine: Open, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="memory mode"):
        open_engine("memory").snapshot(tmp_path)


# No deletions here: a removed passage counts in the embedded engine's document frequencies until
# its segment is rebuilt, so that BM25 weights differ by some per cent for a while.
@pytest.mark.parametrize("other", ["memory", pytest.param("server", marks=needs_server)])
def test_the_engines_agree(open_engine: Open, other: str) -> None:
    engines = [open_engine("edge"), open_engine(other)]
    for engine in engines:
        put(engine, points(400))
    for seed in range(40):
        where = PassageFilter({"language": ["sv", "de"]}) if seed % 2 else None
        asked = unit(seed + 10_000), terms(text(seed))
        embedded, served = (each.query(*asked, where=where, limit=20) for each in engines)
        scores = [hit.score for hit in served]
        assert [hit.score for hit in embedded] == pytest.approx(scores, abs=1e-5)
        # The engines add up in other precisions, so that what is all but equal may change places.
        for place in range(1, 19):
            if scores[place - 1] - 1e-4 > scores[place] > scores[place + 1] + 1e-4:
                assert embedded[place].id == served[place].id


def test_many_terms_are_no_harm(index: PassageIndex) -> None:
    put(index, points(10))
    many = SparseVector(tuple(range(5000)), (1.0,) * 5000)
    assert len(index.query(unit(1), many, where=None, limit=3)) == 3
