"""What a reader does about writers, moment by moment; the engines are left out here."""

from collections.abc import Callable, Collection, Iterable
from itertools import count

from libs.vectors.port import PassageHit
from libs.vectors.publications import Owner, Publication, Publications
from tests.contract.vectors.samples import point_id


def hits(report_id: str, version: int, passages: int) -> list[PassageHit]:
    payload = {"report_id": report_id, "version": version}
    return [PassageHit(point_id(number), 1.0, 1.0, payload) for number in range(passages)]


class Index:
    """A few passages and publications; `then` happens while a search is under way."""

    def __init__(self) -> None:
        self.passages: dict[Owner, int] = {}
        self.published: dict[str, Publication] = {}
        self.then: Callable[[], None] = lambda: None
        self.searches: list[set[Owner]] = []
        self._marks = count()
        self._moments = count()
        self._known = Publications(lambda: float(next(self._moments)))

    def publish(self, report_id: str, version: int, passages: int) -> None:
        self.passages[report_id, version] = passages
        self.published[report_id] = Publication(version, str(next(self._marks)))

    def found(self) -> dict[Owner, int]:
        seen: dict[Owner, int] = {}
        for hit in self._known.consistent(self._search, self._read):
            owner = (str(hit.payload["report_id"]), int(str(hit.payload["version"])))
            seen[owner] = seen.get(owner, 0) + 1
        return seen

    def _search(self, hidden: Collection[Owner]) -> list[PassageHit]:
        self.searches.append(set(hidden))
        shown = {owner: n for owner, n in self.passages.items() if owner not in hidden}
        self.then()
        return [hit for owner, n in shown.items() for hit in hits(*owner, n)]

    def _read(self, report_ids: Iterable[str]) -> dict[str, Publication]:
        return {key: self.published[key] for key in report_ids if key in self.published}


def test_what_was_known_before_needs_one_search() -> None:
    index = Index()
    index.publish("r", 1, 4)
    assert index.found() == {("r", 1): 4}
    assert index.found() == {("r", 1): 4}
    assert len(index.searches) == 2 + 1, "the first time it is looked at twice"


def test_half_a_version_that_is_published_meanwhile_is_searched_again() -> None:
    index = Index()
    index.passages["r", 1] = 2
    index.then = lambda: index.publish("r", 1, 4) if index.published == {} else None
    assert index.found() == {("r", 1): 4}


def test_what_another_thread_learns_meanwhile_does_not_count_as_known_before() -> None:
    index = Index()
    index.passages["r", 1] = 2

    def publish() -> None:
        if index.published == {}:
            index.publish("r", 1, 4)
            index._known.learn(index.published)

    index.then = publish
    assert index.found() == {("r", 1): 4}


def test_the_same_version_written_anew_is_searched_again() -> None:
    index = Index()
    index.publish("r", 1, 4)
    assert index.found() == {("r", 1): 4}
    # It was removed, half of it is there again, and it is published at the very moment.
    index.passages["r", 1] = 2
    del index.published["r"]
    index.then = lambda: index.publish("r", 1, 4) if index.published == {} else None
    assert index.found() == {("r", 1): 4}


def test_versions_that_are_not_published_are_searched_past() -> None:
    index = Index()
    index.publish("r", 1, 4)
    index.passages["r", 2] = 3
    index.passages["s", 1] = 1
    assert index.found() == {("r", 1): 4}
    assert index.searches[1] == {("r", 2), ("s", 1)}


def test_a_report_that_never_stands_still_is_left_out() -> None:
    index = Index()
    index.publish("calm", 1, 1)
    versions = count(1)
    index.then = lambda: index.publish("r", next(versions), 4)
    assert index.found() == {("calm", 1): 1}
    assert len(index.searches) == 5
