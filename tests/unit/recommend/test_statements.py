"""What a report says, and that each citation stands where it says."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from libs.events.cards import Citation, EvidenceGrade, Statement, StatementKind
from libs.events.labels import Label, LabelKind, TextSpan
from libs.events.recommendation import MethodCard
from libs.events.report import (
    Budget,
    DocumentInfo,
    Method,
    Needs,
    NormalisedReport,
    Outcome,
    Place,
    ReportContent,
    Result,
    Section,
    SectionKind,
)
from libs.vectors.port import PassageHit
from services.recommend.cards import card, group
from services.recommend.evidence import evidence_level
from services.recommend.record import Record, read
from services.recommend.statements import MOST_OF_A_KIND, statements
from tests.unit.recommend.test_cards import hit

HOSTILE = (
    "a\x00b",
    "e\u0301" * 40,
    "🏳️‍🌈 " * 60,
    "\u202e\u05e9\u05dc\u05d5\u05dd\u202c. ",
    "مرحبا\n",
    "\ud7ff",
    "  ",
)


def content(*sections: Section, **fields: Any) -> ReportContent:
    report = NormalisedReport(title="Titel", sections=sections, **fields)
    pdf = DocumentInfo(
        number=0, filename="r.pdf", media_type="application/pdf", size=1, sha256="0", link="/d/0"
    )
    return ReportContent(
        report_id="a", version=2, partner="p", report=report, document=pdf, documents=(pdf,)
    )


def label(kind: LabelKind, value: str, start: int = 0, *, section: int = 0, **more: Any) -> Label:
    span = TextSpan(section=section, start=start, end=start + len(value))
    return Label(kind=kind, value=value, confidence=0.7, **{"span": span, **more})


def made(record: Record, *hits: PassageHit) -> tuple[Statement, ...]:
    """The statements of the card that is sent."""
    (found,) = group(hits)
    sent = card(found, record, most_evidence=3).json()
    return MethodCard.model_validate_json(sent).statements


def assert_stands(citation: Citation, report: ReportContent) -> None:
    """As a reader would check it, from the report's content as JSON."""
    assert (citation.report_id, citation.version) == (report.report_id, report.version)
    found: Any = report.model_dump(mode="json")
    if citation.pointer is None:
        assert citation.section is not None
        text = found["report"]["sections"][citation.section]["text"]
        assert text[citation.start : citation.end] == citation.quote
        return
    for part in citation.pointer[1:].split("/"):
        found = found[int(part) if isinstance(found, list) else part]
    assert found == citation.value


def texts(found: Sequence[Statement], kind: StatementKind) -> list[str]:
    return [statement.text for statement in found if statement.kind is kind]


def test_fields_are_statements_that_point_to_them() -> None:
    report = content(
        methods=(
            Method(
                name="Fika",
                steps=("Ring på", "Kom igen"),
                needs=Needs(money="50 000 kr", staff="En lots", time="Tolv månader"),
            ),
        ),
        target_groups=("young-people",),
        places=(Place(country="SE", name="Boden"),),
        results=(Result(indicator="I arbete", value=42.0, unit="%"), Result(text="Fler kom.")),
        lessons=("Börja tidigt.",),
        budget=Budget(amount=1_200_000, currency="SEK"),
        outcome=Outcome.FAILED,
    )
    found = statements(report, ())
    assert [(each.kind.value, each.text) for each in found] == [
        ("method", "Fika"),
        ("target_group", "young-people"),
        ("place", "Boden, SE"),
        ("outcome", "failed"),
        ("result", "I arbete: 42 %"),
        ("result", "Fler kom."),
        ("money", "50 000 kr"),
        ("money", "1200000 SEK"),
        ("staff", "En lots"),
        ("time", "Tolv månader"),
        ("step", "Ring på"),
        ("step", "Kom igen"),
        ("lesson", "Börja tidigt."),
    ]
    assert {each.origin for each in found} == {"given"}
    assert found[-2].citation.pointer == "/report/methods/0/steps/1"
    for each in found:
        assert_stands(each.citation, report)


def test_what_was_found_says_so_and_names_document_and_page() -> None:
    text = "Andelen steg till 17 %."
    report = content(Section(text=text, page=3, document=0))
    (found,) = statements(report, [label(LabelKind.INDICATOR, text)])
    assert (found.origin, found.confidence, found.citation.page) == ("found", 0.7, 3)
    assert found.citation.document
    assert found.citation.document.filename == "r.pdf"
    assert found.citation.link == "/reports/a?version=2&section=0&start=0&end=23#quote"


def test_sections_that_say_what_they_are_about_are_quoted_from_their_beginning() -> None:
    risk = Section(text="\nIngen kom. " + "Ord " * 200, kind=SectionKind.FAILURES)
    (found,) = statements(content(risk), ())
    assert (found.kind, found.text, found.origin) == (StatementKind.RISK, "Ingen kom.", "given")


def test_nothing_twice_and_few_of_a_kind() -> None:
    steps = ("Ring", "ring", *(f"Steg {number}" for number in range(20)))
    found = statements(content(methods=(Method(name="M", steps=steps),)), ())
    assert texts(found, StatementKind.STEP) == ["Ring", "Steg 0", "Steg 1", "Steg 2", "Steg 3"]
    assert len(texts(found, StatementKind.STEP)) == MOST_OF_A_KIND


@pytest.mark.parametrize("start", [1, 900])
def test_a_label_that_does_not_stand_there_is_left_out(start: int) -> None:
    report = content(Section(text="Vi gjorde så här."))
    assert statements(report, [label(LabelKind.STEP, "Vi", start)]) == ()
    assert statements(report, [label(LabelKind.STEP, "Vi", section=7)]) == ()


def test_passages_found_fill_in_what_is_missing() -> None:
    found = hit("a", 0.3, version=2)
    found.payload.update({"kind": "lessons", "kind_confidence": 0.9})  # type: ignore[attr-defined]
    groups = [Label(kind=LabelKind.TARGET_GROUP, value="refugees", confidence=0.8, passages=(0,))]
    record = read(content(), groups)
    assert [(each.kind.value, each.text, each.confidence) for each in made(record, found)] == [
        ("target_group", "refugees", 0.8),
        ("lesson", "citat 0", 0.9),
    ]
    given = read(content(lessons=("En.",), target_groups=("women",)), groups)
    assert {each.origin for each in made(given, found)} == {"given"}
    some = read(content(lessons=("En.",), outcome=Outcome.MIXED), groups)
    kinds = [each.kind.value for each in made(some, found)]
    assert kinds == ["target_group", "outcome", "lesson"]


@for_all(
    st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=900)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40), st.integers(1, 40)), max_size=6),
)
def test_every_citation_stands_in_any_text(
    pieces: list[str], spans: list[tuple[int, int, int]]
) -> None:
    pieces = [piece.encode("utf-8", "ignore").decode() for piece in pieces]
    report = content(
        *(Section(text=piece, kind=SectionKind.METHOD) for piece in pieces),
        lessons=tuple(pieces),
        results=tuple(Result(text=piece) for piece in pieces),
    )
    labels = []
    for section, start, length in spans:
        text = report.report.sections[section].text if section < len(pieces) else "x"
        labels += [
            label(kind, text[start : start + length] or "?", start, section=section)
            for kind in (LabelKind.STEP, LabelKind.QUOTATION)
        ]
        labels.append(label(LabelKind.EVIDENCE, "counted", start, section=section))
    for statement in statements(report, labels):
        assert_stands(statement.citation, report)
    level = evidence_level(report, labels)
    if level:
        assert_stands(level.citation, report)


@pytest.mark.parametrize(
    ("told", "grade"),
    [
        ([], None),
        (["counted"], EvidenceGrade.MEASURED),
        (["before-and-after", "counted"], EvidenceGrade.MEASURED),
        (["comparison-group"], EvidenceGrade.COMPARED),
        (["external-evaluation"], None),
        (["external-evaluation", "counted"], EvidenceGrade.EVALUATED),
        (["repeated-elsewhere", "counted"], EvidenceGrade.MEASURED),
        (["repeated-elsewhere", "external-evaluation"], None),
        (["repeated-elsewhere", "comparison-group"], EvidenceGrade.REPEATED),
        (["something-newer"], None),
    ],
)
def test_the_ladder_is_climbed(told: list[str], grade: EvidenceGrade | None) -> None:
    report = content(Section(text="Så såg vi det i alla kommuner."))
    span = TextSpan(section=0, start=0, end=2)
    level = evidence_level(report, [label(LabelKind.EVIDENCE, each, span=span) for each in told])
    assert (level.grade if level else None) == grade
    if level:
        assert level.citation.quote == "Så"
        assert level.part == level.level / 5


def test_a_method_set_out_is_described_and_a_figure_given_is_measured() -> None:
    steps = Method(name="M", steps=("Ett", "Två", "Tre"))
    described = evidence_level(content(methods=(steps,)), ())
    assert described
    assert (described.level, described.origin) == (1, "given")
    measured = evidence_level(content(methods=(steps,), results=(Result(value="5 av 10"),)), ())
    assert measured
    assert (measured.grade, measured.citation.pointer) == ("measured", "/report/results/0")
    assert evidence_level(content(methods=(Method(name="M"),)), ()) is None
