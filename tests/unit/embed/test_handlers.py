"""What embed does with its events, on hand-written ports."""

import pytest
from opentelemetry.trace import NoOpTracer

from libs.events.payloads import ReportAccepted, ReportIndexed, ReportRejected, ReportWithdrawn
from libs.events.report import NormalisedReport, ReportContent, Section
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from services.embed.handlers import EmbedHandlers
from tests.unit.embed.fakes import FakeEmbedder, FakeIndex, FakeSource


@pytest.fixture
def handlers() -> EmbedHandlers:
    return EmbedHandlers(
        source=FakeSource(),
        embedder=FakeEmbedder(),
        index=FakeIndex(),
        bm25=Bm25Encoder(),
        detector=LanguageDetector(),
        tracer=NoOpTracer(),
        passage_tokens=10,
    )


def accepted(
    handlers: EmbedHandlers, version: int = 1, text: str = "Vi ringde på. " * 9, **more: str
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
