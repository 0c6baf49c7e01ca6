"""Labels on their way from the sorter into the index and the event."""

import dataclasses

import numpy as np
import pytest
from opentelemetry.trace import NoOpTracer

from libs.events.labels import MAX_LABELS, Label, LabelKind
from libs.events.payloads import ReportAccepted, ReportIndexed
from libs.events.report import NormalisedReport, Origin, Provenance, ReportContent, Section
from libs.language.detection import LanguageDetector
from libs.taxonomy.labels import ids
from libs.vectors.bm25 import Bm25Encoder
from services.embed.handlers import SLICE, EmbedHandlers
from services.embed.sorting.cited import most_telling
from services.embed.sorting.cues import CueCounter
from services.embed.sorting.heads import Heads, PassageKindHead, SubjectHead
from services.embed.sorting.sorter import LABEL_KINDS, Sorter
from tests.unit.embed.fakes import FakeEmbedder, FakeIndex, FakeSource

TEXT = "Vi ringde på hos alla grannar och frågade vad de ville göra. "
RESULTS = "Andelen som bodde kvar steg till 63 procent på två år i båda kommunerna."


def heads() -> Heads:
    """Whatever is written is about each kind's first label, and a result."""
    subjects = {
        kind: SubjectHead(
            ids=ids(kind),
            anchors=np.zeros((len(ids(kind)), FakeEmbedder.dimension), dtype=np.float32),
            weights=np.zeros(5),
            bias=np.where(np.arange(len(ids(kind))) == 0, 3.0, -3.0),
            threshold=0.9,
            counter=CueCounter(kind, ids(kind)),
        )
        for kind in LABEL_KINDS
    }
    weights = np.zeros((2, FakeEmbedder.dimension))
    kind = PassageKindHead(("results", "other"), weights, np.array([3.0, 0]), threshold=0.9)
    return Heads("by hand", subjects, kind)


@pytest.fixture
def handlers() -> EmbedHandlers:
    return EmbedHandlers(
        source=FakeSource(),
        embedder=FakeEmbedder(),
        index=FakeIndex(),
        bm25=Bm25Encoder(),
        detector=LanguageDetector(),
        sorter=Sorter(heads()),
        tracer=NoOpTracer(),
        passage_tokens=30,
    )


def accept(handlers: EmbedHandlers, report: NormalisedReport) -> ReportAccepted:
    assert isinstance(handlers.source, FakeSource)
    handlers.source.contents["/r"] = ReportContent(
        report_id="r", version=1, partner="p", report=report
    )
    return ReportAccepted(report_id="r", version=1, partner="p", digest="d", content_url="/r")


def indexed(handlers: EmbedHandlers, event: ReportAccepted) -> ReportIndexed:
    (found,) = handlers.on_report_accepted(event)
    assert isinstance(found, ReportIndexed)
    return found


def payloads(handlers: EmbedHandlers) -> list[dict[str, object]]:
    assert isinstance(handlers.index, FakeIndex)
    found = [dict(point.payload) for point in handlers.index.points.values()]
    return sorted(found, key=lambda payload: int(str(payload["ordinal"])))


def told(event: ReportIndexed) -> dict[LabelKind, list[str]]:
    found: dict[LabelKind, list[str]] = {}
    for label in event.labels or ():
        found.setdefault(label.kind, []).append(label.value)
    return found


def test_what_was_found_is_in_the_event_and_in_each_passage(handlers: EmbedHandlers) -> None:
    report = NormalisedReport(title="Titel", sections=(Section(text=TEXT + RESULTS),))
    event = indexed(handlers, accept(handlers, report))
    assert told(event) == {
        LabelKind.SDG: ["1"],
        LabelKind.THEME: ["youth-neet"],
        LabelKind.TARGET_GROUP: ["young-people"],
        LabelKind.PASSAGE_KIND: ["results"],
        LabelKind.INDICATOR: [RESULTS],
        LabelKind.EVIDENCE: ["counted"],
    }
    for payload in payloads(handlers):
        assert payload["themes"] == ["youth-neet"]
        assert payload["target_groups"] == ["young-people"]
        assert payload["sdgs"] == [1]
        assert (payload["kind"], payload["kind_confidence"]) == ("results", pytest.approx(0.953))
        assert str(payload["inferred"]).count("=") == 4


def test_every_label_cites_passages_that_are_there(handlers: EmbedHandlers) -> None:
    report = NormalisedReport(title="Titel", sections=(Section(text=TEXT * 5 + RESULTS),))
    event = indexed(handlers, accept(handlers, report))
    for label in event.labels or ():
        assert label.passages
        assert set(label.passages) <= set(range(event.passages))
        if label.span and label.kind is not LabelKind.EVIDENCE:
            text = report.sections[label.span.section].text
            assert text[label.span.start : label.span.end] == label.value


def test_what_the_partner_gave_stays(handlers: EmbedHandlers) -> None:
    report = NormalisedReport(
        title="Titel",
        themes=("housing",),
        target_groups=("carers",),
        sdgs=(17,),
        sections=(Section(text=TEXT, kind="method"),),
    )
    event = indexed(handlers, accept(handlers, report))
    (payload,) = payloads(handlers)
    assert payload["themes"] == ["housing"]
    assert payload["target_groups"] == ["carers"]
    assert payload["sdgs"] == [17]
    assert (payload["kind"], payload["kind_confidence"]) == ("method", None)
    assert told(event)[LabelKind.THEME] == ["youth-neet"]


def test_a_second_run_says_the_same_without_embedding_again(handlers: EmbedHandlers) -> None:
    report = NormalisedReport(title="Titel", sections=(Section(text=TEXT + RESULTS),))
    event = accept(handlers, report)
    first = indexed(handlers, event)
    assert isinstance(handlers.embedder, FakeEmbedder)
    embedded = len(handlers.embedder.embedded)
    assert indexed(handlers, event) == first
    assert len(handlers.embedder.embedded) == embedded


def test_other_heads_sort_anew(handlers: EmbedHandlers) -> None:
    report = NormalisedReport(title="Titel", sections=(Section(text=TEXT),))
    event = accept(handlers, report)
    indexed(dataclasses.replace(handlers, sorter=Sorter(None)), event)
    assert payloads(handlers)[0]["themes"] == []
    indexed(handlers, event)
    assert payloads(handlers)[0]["themes"] == ["youth-neet"]


def test_a_long_report_has_the_labels_of_its_first_slice(handlers: EmbedHandlers) -> None:
    report = NormalisedReport(title="Titel", sections=(Section(text=TEXT * 3 * SLICE),))
    event = accept(handlers, report)
    first = indexed(handlers, event)
    assert first.passages > SLICE
    assert len({str(payload["inferred"]) for payload in payloads(handlers)}) == 1
    assert isinstance(handlers.index, FakeIndex)
    handlers.index.points.popitem()
    assert indexed(handlers, event) == first
    assert len(first.model_dump_json()) < 10_000


def test_a_language_that_was_found_out_has_its_confidence(handlers: EmbedHandlers) -> None:
    inferred = {"/language": Provenance(origin=Origin.INFERRED, confidence=0.75)}
    report = NormalisedReport(
        title="Titel",
        language="fi",
        provenance=inferred,
        sections=(Section(text=TEXT), Section(text="1 2 3")),
    )
    indexed(handlers, accept(handlers, report))
    first, second = payloads(handlers)
    assert first["language"] == "sv"
    assert float(str(first["language_confidence"])) > 0.5
    assert (second["language"], second["language_confidence"]) == ("fi", 0.75)


def test_a_language_that_was_given_has_none(handlers: EmbedHandlers) -> None:
    report = NormalisedReport(title="Titel", language="fi", sections=(Section(text=TEXT),))
    indexed(handlers, accept(handlers, report))
    (payload,) = payloads(handlers)
    assert (payload["language"], payload["language_confidence"]) == ("fi", None)


@pytest.mark.parametrize("text", ["🙂🙂🙂", "ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾᛁᛃ", "1 2 3"])
def test_odd_texts_are_indexed_without_a_word_on_them(handlers: EmbedHandlers, text: str) -> None:
    report = NormalisedReport(title="Titel", sections=(Section(text=text),))
    assert indexed(handlers, accept(handlers, report)).labels == ()


def test_an_event_takes_so_many_labels_and_no_more() -> None:
    label = Label(kind=LabelKind.STEP, value="x", confidence=0.5)
    assert len(most_telling([label] * 100)) == MAX_LABELS
