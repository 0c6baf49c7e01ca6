"""Sorted reports in a real index: filters find them, and a retry reads the same labels from it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from opentelemetry.trace import NoOpTracer

from libs.events.payloads import ReportAccepted, ReportIndexed
from libs.events.report import NormalisedReport, ReportContent, Section
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec, PassageFilter
from services.embed.handlers import EmbedHandlers
from services.embed.sorting.sorter import Sorter
from tests.unit.embed.fakes import FakeEmbedder, FakeSource
from tests.unit.embed.test_sorting_handlers import RESULTS, TEXT, heads

EVENT = ReportAccepted(report_id="r", version=1, partner="p", digest="d", content_url="/r")


@pytest.fixture
def handlers(tmp_path: Path) -> Iterator[EmbedHandlers]:
    embedder, source = FakeEmbedder(), FakeSource()
    report = NormalisedReport(title="Titel", sections=(Section(text=TEXT + RESULTS),))
    source.contents["/r"] = ReportContent(report_id="r", version=1, partner="p", report=report)
    spec = CollectionSpec(embedder.model, embedder.dimension)
    with closing(EdgePassageIndex.open(tmp_path / "index", spec)) as index:
        yield EmbedHandlers(
            source=source,
            embedder=embedder,
            index=index,
            bm25=Bm25Encoder(),
            detector=LanguageDetector(),
            sorter=Sorter(heads()),
            tracer=NoOpTracer(),
            passage_tokens=30,
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("themes", "youth-neet"),
        ("target_groups", "young-people"),
        ("sdgs", 1),
        ("kind", "results"),
        ("language", "sv"),
    ],
)
def test_a_filter_finds_what_was_inferred(
    handlers: EmbedHandlers, field: str, value: str | int
) -> None:
    (event,) = handlers.on_report_accepted(EVENT)
    assert isinstance(event, ReportIndexed)
    assert handlers.index.count(PassageFilter({field: [value]})) == event.passages


def test_a_retry_announces_the_same_labels(handlers: EmbedHandlers) -> None:
    first = handlers.on_report_accepted(EVENT)
    assert isinstance(handlers.embedder, FakeEmbedder)
    handlers.embedder.embedded.clear()
    assert handlers.on_report_accepted(EVENT) == first
    assert handlers.embedder.embedded == []
    assert isinstance(first[0], ReportIndexed)
    assert first[0].labels
