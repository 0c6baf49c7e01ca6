"""Versions change places at once, and reports are found as wholes: one suite for every engine."""

import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from libs.errors import InvalidInput, NotFound, Unavailable
from libs.vectors.port import (
    FacetCount,
    PassageFilter,
    PassageIndex,
    PassagePoint,
    ReportHit,
    Vector,
)
from libs.vectors.settings import VectorSettings
from tests.contract.vectors.engines import LASTING, Open, open_index
from tests.contract.vectors.samples import NOTHING, SPEC, point, points, put, unit

PASSAGES = 7


def version(number: int, report_id: str = "r", count: int = PASSAGES) -> list[PassagePoint]:
    """A version of a report: as many passages in each, with ids of their own."""
    first = number * 1_000 + sum(report_id.encode()) * 1_000_000
    return [point(first + n, report_id=report_id, version=number, title="T") for n in range(count)]


def found(index: PassageIndex, limit: int = 500) -> Counter[tuple[str, int]]:
    hits = index.query(unit(1), NOTHING, where=None, limit=limit)
    return Counter((str(h.payload["report_id"]), int(str(h.payload["version"]))) for h in hits)


def mean(wanted: list[PassagePoint]) -> Vector:
    total = np.mean([each.dense for each in wanted], axis=0)
    unit_mean: Vector = total / np.linalg.norm(total)
    return unit_mean


def test_what_is_not_published_is_not_found_but_counted(index: PassageIndex) -> None:
    index.upsert(version(1))
    assert found(index) == {}
    assert index.count() == PASSAGES
    assert index.published(["r"]) == {}
    peeked = index.peek(PassageFilter({"report_id": ["r"]}))
    assert peeked is not None
    assert peeked["title"] == "T"
    assert index.peek(PassageFilter({"report_id": ["s"]})) is None
    index.publish("r", 1)
    assert found(index) == {("r", 1): PASSAGES}
    assert index.published(["r", "s"]) == {"r": 1}


def test_a_report_has_the_mean_of_its_passages_vectors(index: PassageIndex) -> None:
    written = version(1)
    put(index, written)
    index.upsert(version(1, "hidden"))
    told = index.report_vectors(["r", "hidden", "nowhere"])
    assert told.keys() == {"r"}
    np.testing.assert_allclose(told["r"], mean(written), atol=1e-5)
    assert index.report_vectors([]) == {}


def test_single_passages_are_looked_up_and_removed(index: PassageIndex) -> None:
    written = version(1)
    put(index, written)
    first, last = written[0].id, written[-1].id
    found_one = index.get(last)
    assert found_one is not None
    assert found_one["report_id"] == "r"
    index.delete([last])
    assert index.get(last) is None
    assert index.get(first) is not None
    assert found(index) == {("r", 1): PASSAGES - 1}
    assert index.count() == PASSAGES - 1


def test_a_new_version_is_hidden_until_it_is_published(index: PassageIndex) -> None:
    put(index, version(1))
    index.upsert(version(2))
    assert found(index) == {("r", 1): PASSAGES}
    index.publish("r", 2)
    assert found(index) == {("r", 2): PASSAGES}
    index.delete_report("r", before_version=2)
    assert found(index) == {("r", 2): PASSAGES}
    assert index.count() == PASSAGES


def test_the_limit_fills_behind_hidden_passages(index: PassageIndex) -> None:
    put(index, points(40))
    near = [point(9_000 + n, dense=unit(1), report_id="new", version=1) for n in range(200)]
    index.upsert(near)
    hits = index.query(unit(1), NOTHING, where=None, limit=40)
    assert len(hits) == 40
    assert {hit.payload["report_id"] for hit in hits} == {f"report-{n}" for n in range(10)}


def test_a_deleted_report_is_found_no_more(index: PassageIndex) -> None:
    put(index, version(1))
    index.delete_report("r", before_version=1)
    assert found(index) == {("r", 1): PASSAGES}
    index.delete_report("r", before_version=2)
    assert (found(index), index.published(["r"]), index.count()) == ({}, {}, 0)
    with pytest.raises(Unavailable, match="removed"):
        index.publish("r", 1)
    put(index, version(1))
    assert found(index) == {("r", 1): PASSAGES}


def test_reports_are_found_by_the_mean_of_their_passages(index: PassageIndex) -> None:
    reports = {name: version(1, name) for name in "abcdefgh"}
    for passages in reports.values():
        put(index, passages)
    own = mean(reports["a"])
    expected = sorted(
        ((float(mean(p) @ own), name) for name, p in reports.items() if name != "a"), reverse=True
    )
    hits = index.similar_reports("a", limit=3)
    assert [hit.report_id for hit in hits] == [name for _, name in expected[:3]]
    assert hits[0] == ReportHit(
        expected[0][1],
        1,
        "T",
        pytest.approx(expected[0][0], abs=1e-5),  # type: ignore[arg-type]
    )
    assert len(index.similar_reports("a", limit=50)) == 7


def test_similar_reports_are_filtered_by_what_their_passages_have(
    index: PassageIndex,
) -> None:
    put(index, [point(1, report_id="a"), point(2, report_id="b", language="sv", sdgs=[1, 2])])
    put(index, [point(n, report_id="c", language=("fi", "sv")[n % 2]) for n in (3, 4)])
    put(index, [point(5, report_id="d", language="de")])

    def similar(**where: list[str | int]) -> set[str]:
        hits = index.similar_reports("a", where=PassageFilter(where), limit=9)
        return {hit.report_id for hit in hits}

    assert similar(language=["sv"]) == {"b", "c"}
    assert similar(language=["fi", "de"]) == {"c", "d"}
    assert similar(sdgs=[2]) == {"b"}
    with pytest.raises(NotFound):
        index.similar_reports("nowhere", limit=1)
    with pytest.raises(InvalidInput):
        index.similar_reports("a", limit=0)


def test_reports_are_counted_by_what_their_passages_have(index: PassageIndex) -> None:
    put(index, [point(1, report_id="a", themes=["work"]), point(2, report_id="a", language="sv")])
    put(index, [point(n, report_id="b", themes=["work", "health"], year=2020) for n in (3, 4)])
    index.upsert([point(5, report_id="draft", themes=["work"])])
    assert index.report_facets("themes") == [FacetCount("work", 2), FacetCount("health", 1)]
    swedish = PassageFilter({"language": ["sv"]})
    assert index.report_facets("themes", where=swedish) == [FacetCount("work", 1)]
    assert index.report_facets("themes", limit=1) == [FacetCount("work", 2)]
    assert index.report_facets("year", where=swedish) == []
    assert (index.count_reports(), index.count_reports(swedish)) == (2, 1)
    index.delete_report("b")
    assert index.report_facets("themes") == [FacetCount("work", 1)]
    assert index.count_reports() == 1


@pytest.mark.parametrize(("field", "limit"), [("title", 1), ("themes", 0)])
def test_reports_are_not_counted_by_what_is_no_filter(
    index: PassageIndex, field: str, limit: int
) -> None:
    with pytest.raises(InvalidInput):
        index.report_facets(field, limit=limit)


def test_passages_that_cancel_each_other_out_still_make_a_report(
    index: PassageIndex,
) -> None:
    put(index, [point(1, dense=unit(1), report_id="a"), point(2, dense=-unit(1), report_id="a")])
    put(index, [point(3, report_id="b")])
    assert [hit.report_id for hit in index.similar_reports("b", limit=2)] == ["a"]


def test_a_reader_never_sees_two_versions_nor_half_of_one(
    index: PassageIndex,
) -> None:
    """One writer replaces versions of three reports without a pause; readers ask all the while."""
    names = ["r", "s", "t"]
    put(index, points(40))
    for name in names:
        put(index, version(1, name))
    done = threading.Event()
    wrong: list[Counter[tuple[str, int]]] = []
    seen: set[tuple[str, int]] = set()

    def read() -> None:
        while not done.is_set():
            owners = found(index)
            seen.update(owners)
            mine = {owner: count for owner, count in owners.items() if owner[0] in names}
            once = len({name for name, _ in mine}) == len(mine)
            if not once or any(count != PASSAGES for count in mine.values()):
                wrong.append(owners)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(2, 25):
            for name in names:
                for passage in version(number, name):
                    index.upsert([passage])
                index.publish(name, number)
                index.delete_report(name, before_version=number)
    finally:
        done.set()
        for reader in readers:
            reader.join(timeout=30)
    assert wrong == []
    assert len({number for _, number in seen}) > 3, "the readers must meet several versions"
    assert found(index) == Counter({(name, 24): PASSAGES for name in names}) + Counter(
        {(f"report-{n}", 1): 4 for n in range(10)}
    )


@pytest.mark.parametrize("engine", LASTING)
def test_what_was_published_is_there_after_reopening(
    open_engine: Open,
    engine: str,
) -> None:
    first = open_engine(engine)
    put(first, version(1))
    first.upsert(version(2))
    first.close()
    again = open_engine(engine)
    assert found(again) == {("r", 1): PASSAGES}
    assert again.published(["r"]) == {"r": 1}


def test_an_index_from_before_there_were_report_points_is_published_as_it_is(
    tmp_path: Path,
) -> None:
    settings = VectorSettings(path=tmp_path)
    before = open_index(settings, SPEC)
    before.upsert([*points(40), *version(1), *version(2)[:3]])
    before.close()
    made = next(tmp_path.rglob("reports"))
    made.rename(tmp_path / "away")
    (made.parent / ".reports-half").mkdir()
    index = open_index(settings, SPEC)
    try:
        expected = Counter({(f"report-{n}", 1): 4 for n in range(10)}) + Counter(
            {("r", 1): PASSAGES}
        )
        assert found(index) == expected
        assert {hit.report_id for hit in index.similar_reports("r", limit=50)} == {
            f"report-{n}" for n in range(10)
        }
        assert not (made.parent / ".reports-half").exists()
    finally:
        index.close()
