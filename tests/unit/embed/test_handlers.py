"""What embed does with its events, on hand-written ports."""

import dataclasses
from collections.abc import Sequence

import pytest
from opentelemetry.trace import NoOpTracer

from libs.errors import Unavailable
from libs.events.payloads import (
    ReportAccepted,
    ReportIndexed,
    ReportRejected,
    ReportRemoved,
    ReportWithdrawn,
)
from libs.events.report import (
    NormalisedReport,
    Origin,
    Provenance,
    ReportContent,
    Section,
)
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassagePoint
from services.embed.handlers import SLICE, EmbedHandlers
from services.embed.sorting.sorter import Sorter
from tests.unit.embed.fakes import FakeEmbedder, FakeIndex, FakeSource


@pytest.fixture
def handlers() -> EmbedHandlers:
    return EmbedHandlers(
        source=FakeSource(),
        embedder=FakeEmbedder(),
        index=FakeIndex(),
        bm25=Bm25Encoder(),
        detector=LanguageDetector(),
        sorter=Sorter(None),
        tracer=NoOpTracer(),
        passage_tokens=10,
    )


def accepted(
    handlers: EmbedHandlers, version: int = 1, text: str = "Vi ringde på. " * 9, **more: object
) -> ReportAccepted:
    url = f"/internal/reports/r/versions/{version}"
    report = NormalisedReport(title="Titel", sections=(Section(text=text),), **more)  # type: ignore[arg-type]
    assert isinstance(handlers.source, FakeSource)
    handlers.source.contents[url] = ReportContent(
        report_id="r", version=version, partner="p", report=report
    )
    return ReportAccepted(report_id="r", version=version, partner="p", digest="d", content_url=url)


def versions(handlers: EmbedHandlers) -> set[object]:
    assert isinstance(handlers.index, FakeIndex)
    return {point.payload["version"] for point in handlers.index.points.values()}


def test_an_accepted_report_is_indexed(handlers: EmbedHandlers) -> None:
    (event,) = handlers.on_report_accepted(accepted(handlers))
    assert isinstance(event, ReportIndexed)
    assert event.passages == handlers.index.count() > 1
    assert event.model == "fake@1"


def test_a_version_is_published_when_it_is_whole_and_goes_before_its_passages(
    handlers: EmbedHandlers,
) -> None:
    seen: list[tuple[dict[str, int], set[object]]] = []

    class Watched(FakeIndex):
        def publish(self, report_id: str, version: int) -> None:
            super().publish(report_id, version)
            seen.append((dict(self.versions), {p.payload["version"] for p in self.points.values()}))

    handlers = dataclasses.replace(handlers, index=Watched())
    for version in (1, 2):
        event = accepted(handlers, version)
        handlers.on_report_accepted(event)
        handlers.on_report_accepted(event)
    assert seen == [({"r": 1}, {1}), ({"r": 2}, {1, 2})]
    handlers.on_report_withdrawn(ReportWithdrawn(report_id="r", version=2))
    assert handlers.index.published(["r"]) == {}


def test_a_crash_before_a_version_was_published_is_mended(handlers: EmbedHandlers) -> None:
    event = accepted(handlers)
    handlers.on_report_accepted(event)
    index_of(handlers).versions.clear()
    handlers.on_report_accepted(event)
    assert handlers.index.published(["r"]) == {"r": 1}


def test_handling_it_twice_embeds_it_once(handlers: EmbedHandlers) -> None:
    event = accepted(handlers)
    first = handlers.on_report_accepted(event)
    assert isinstance(handlers.embedder, FakeEmbedder)
    embedded = len(handlers.embedder.embedded)
    assert handlers.on_report_accepted(event) == first
    assert len(handlers.embedder.embedded) == embedded


def test_what_a_crash_left_half_done_is_finished(handlers: EmbedHandlers) -> None:
    event = accepted(handlers)
    (first,) = handlers.on_report_accepted(event)
    assert isinstance(handlers.index, FakeIndex)
    handlers.index.points.popitem()
    assert handlers.on_report_accepted(event) == [first]
    assert isinstance(first, ReportIndexed)
    assert handlers.index.count() == first.passages


def test_a_new_version_replaces_the_old_one(handlers: EmbedHandlers) -> None:
    handlers.on_report_accepted(accepted(handlers, 1))
    handlers.on_report_accepted(accepted(handlers, 2, text="Helt ny text."))
    assert versions(handlers) == {2}


def test_an_old_version_that_comes_late_changes_nothing(handlers: EmbedHandlers) -> None:
    handlers.on_report_accepted(accepted(handlers, 2))
    assert handlers.on_report_accepted(accepted(handlers, 1)) == []
    assert versions(handlers) == {2}


def test_a_report_that_is_gone_leaves_nothing(handlers: EmbedHandlers) -> None:
    event = accepted(handlers)
    handlers.on_report_accepted(event)
    assert isinstance(handlers.source, FakeSource)
    handlers.source.contents.clear()
    assert handlers.on_report_accepted(event) == []
    assert handlers.index.count() == 0


def test_a_withdrawal_spares_a_version_sent_in_after_it(handlers: EmbedHandlers) -> None:
    handlers.on_report_accepted(accepted(handlers, 2))
    handlers.on_report_withdrawn(ReportWithdrawn(report_id="r", version=1))
    assert versions(handlers) == {2}
    handlers.on_report_withdrawn(ReportWithdrawn(report_id="r", version=2))
    assert versions(handlers) == set()


def test_a_report_of_blanks_is_rejected_with_its_reason(handlers: EmbedHandlers) -> None:
    (event,) = handlers.on_report_accepted(accepted(handlers, text=" \n\t "))
    assert isinstance(event, ReportRejected)
    assert event.rejection.code == "no-text"


def test_languages_are_the_partners_word_or_guessed_by_passage(handlers: EmbedHandlers) -> None:
    handlers.on_report_accepted(accepted(handlers, language="fi"))
    assert isinstance(handlers.index, FakeIndex)
    assert {p.payload["language"] for p in handlers.index.points.values()} == {"fi"}
    swedish = "Ungdomarna kom till oss på kvällarna efter skolan."
    mixed = swedish + "\nNuoret tulivat luoksemme iltaisin koulun jälkeen."
    handlers.on_report_accepted(accepted(handlers, 2, text=mixed))
    assert {p.payload["language"] for p in handlers.index.points.values()} == {"sv", "fi"}


def test_a_language_that_was_found_out_gives_way_to_what_a_passage_is_in(
    handlers: EmbedHandlers,
) -> None:
    inferred = Provenance(origin=Origin.INFERRED, confidence=0.9)
    text = "Ungdomarna kom till oss.\n123 456\nNuoret tulivat luoksemme iltaisin."
    found = {"language": "sv", "provenance": {"/language": inferred}}
    limited = dataclasses.replace(handlers, passage_tokens=4)
    limited.on_report_accepted(accepted(limited, text=text, **found))
    languages = [point.payload["language"] for point in index_of(limited).points.values()]
    assert languages == ["sv", "sv", "fi"]


def index_of(handlers: EmbedHandlers) -> FakeIndex:
    assert isinstance(handlers.index, FakeIndex)
    return handlers.index


def embedded(handlers: EmbedHandlers) -> list[str]:
    assert isinstance(handlers.embedder, FakeEmbedder)
    return handlers.embedder.embedded


def test_a_removal_is_told_also_where_nothing_was(handlers: EmbedHandlers) -> None:
    handlers.on_report_accepted(accepted(handlers))
    withdrawn = ReportWithdrawn(report_id="r", version=1)
    for _ in range(2):
        assert handlers.on_report_withdrawn(withdrawn) == [ReportRemoved(report_id="r", version=1)]
    assert index_of(handlers).points == {}


def test_other_content_under_the_same_version_replaces_it(handlers: EmbedHandlers) -> None:
    # The SQL record was lost and the report came again: it is version 1 once more.
    handlers.on_report_accepted(accepted(handlers, text="Vi ringde på."))
    other = accepted(handlers, text="Vi gick hem.")
    for event in (other, other.model_copy(update={"digest": "e"})):
        before = len(embedded(handlers))
        handlers.on_report_accepted(event)
        assert len(embedded(handlers)) == before + 1
    assert [p.payload["text"] for p in index_of(handlers).points.values()] == ["Vi gick hem."]


def test_a_report_cut_by_other_rules_leaves_nothing_of_the_old_cut(
    handlers: EmbedHandlers,
) -> None:
    event = accepted(handlers, text="Vi ringde på hos alla i byn. " * 50)
    handlers.on_report_accepted(event)
    coarser = dataclasses.replace(handlers, passage_tokens=40)
    (indexed,) = coarser.on_report_accepted(event)
    assert isinstance(indexed, ReportIndexed)
    assert handlers.index.count() == indexed.passages
    assert len({p.payload["digest"] for p in index_of(handlers).points.values()}) == 1


def test_what_is_read_is_overwritten_in_its_place(handlers: EmbedHandlers) -> None:
    seen: list[tuple[str, dict[str, int], int]] = []

    class Watched(FakeIndex):
        def upsert(self, points: Sequence[PassagePoint]) -> None:
            super().upsert(points)
            seen.append(("write", dict(self.versions), len(self.points)))

        def publish(self, report_id: str, version: int) -> None:
            super().publish(report_id, version)
            seen.append(("publish", dict(self.versions), len(self.points)))

    handlers = dataclasses.replace(handlers, index=Watched())
    handlers.on_report_accepted(accepted(handlers, text="Ett två tre fyra fem sex sju åtta.\n" * 9))
    seen.clear()
    handlers.on_report_accepted(accepted(handlers, text="Ett två tre fyra fem sex sju åtta.\n" * 7))
    # Nothing was gone at any time, and the report's own point is made anew of what is left.
    assert seen == [("write", {"r": 1}, 9), ("publish", {"r": 1}, 7)]


def test_an_overwriting_goes_on_where_it_was_interrupted(handlers: EmbedHandlers) -> None:
    index = Interrupted(writes=3 + 2)
    handlers = dataclasses.replace(handlers, index=index)
    line = "Ett två tre fyra fem sex sju åtta nio tio.\n"
    handlers.on_report_accepted(accepted(handlers, text=line * (2 * SLICE + 7)))
    event = accepted(handlers, text=line * (3 * SLICE + 7))
    with pytest.raises(Unavailable):
        handlers.on_report_accepted(event)
    assert index.published(["r"]) == {"r": 1}
    embedded(handlers).clear()
    index.writes = 100
    handlers.on_report_accepted(event)
    assert (len(embedded(handlers)), index.count()) == (SLICE + 7, 3 * SLICE + 7)
    assert len({point.payload["digest"] for point in index.points.values()}) == 1


class Interrupted(FakeIndex):
    """Takes so many writes and then is away, until it is told otherwise."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.writes = writes

    def upsert(self, points: Sequence[PassagePoint]) -> None:
        assert len(points) <= SLICE
        if self.writes == 0:
            raise Unavailable("the index is away")
        self.writes -= 1
        super().upsert(points)


def test_a_large_report_goes_on_where_it_was_interrupted(handlers: EmbedHandlers) -> None:
    index = Interrupted(writes=2)
    handlers = dataclasses.replace(handlers, index=index)
    passages = 3 * SLICE + 7
    event = accepted(handlers, text="Ett två tre fyra fem sex sju åtta nio tio.\n" * passages)
    with pytest.raises(Unavailable):
        handlers.on_report_accepted(event)
    assert index.count() == 2 * SLICE
    embedded(handlers).clear()
    index.writes = 100
    (indexed,) = handlers.on_report_accepted(event)
    assert isinstance(indexed, ReportIndexed)
    assert indexed.passages == index.count() == passages
    assert len(embedded(handlers)) == SLICE + 7
    ordinals = [p.payload["ordinal"] for p in index.points.values()]
    assert ordinals == list(range(passages))


class Leaking(FakeIndex):
    """Loses the first passage of the first write."""

    leaks = True

    def upsert(self, points: Sequence[PassagePoint]) -> None:
        super().upsert(points[1:] if self.leaks else points)
        self.leaks = False


def test_a_report_with_a_hole_is_not_called_indexed(handlers: EmbedHandlers) -> None:
    handlers = dataclasses.replace(handlers, index=Leaking())
    event = accepted(handlers)
    with pytest.raises(Unavailable):
        handlers.on_report_accepted(event)
    (indexed,) = handlers.on_report_accepted(event)
    assert isinstance(indexed, ReportIndexed)
    assert indexed.passages == handlers.index.count()
