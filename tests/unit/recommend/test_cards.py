"""From passages to cards."""

from uuid import UUID, uuid5

import pytest

from libs.events.report import DocumentInfo, NormalisedReport, ReportContent
from libs.vectors.port import PassageHit
from services.recommend.cards import card, group
from services.recommend.record import Record

SPACE = UUID(int=7)
NAMES = ("rapport.pdf", "bilaga.docx")


def record(*names: str) -> Record:
    documents = tuple(
        DocumentInfo(
            number=number,
            filename=name,
            media_type="text/plain",
            size=1,
            sha256="0" * 64,
            link=f"/v1/reports/a/documents/{number}",
        )
        for number, name in enumerate(names)
    )
    report = NormalisedReport(title="Titel", sections=())
    return Record(
        ReportContent(report_id="a", version=1, partner="p", report=report, documents=documents)
    )


def hit(
    report: str, score: float, *, version: int = 1, ordinal: int = 0, **more: int | None
) -> PassageHit:
    return PassageHit(
        id=uuid5(SPACE, f"{report}/{version}/{ordinal}"),
        score=score,
        similarity=0.8,
        payload={
            "report_id": report,
            "version": version,
            "ordinal": ordinal,
            "section": 2,
            "start": ordinal * 10,
            "end": ordinal * 10 + 4,
            "text": f"citat {ordinal}",
            "heading": "Resultat",
            "page": 3,
            "language": "sv",
            **more,
        },
    )


def test_each_report_comes_once_best_first() -> None:
    found = group([hit("a", 0.1), hit("b", 0.3), hit("a", 0.5, ordinal=1)])
    assert [(report.report_id, report.score) for report in found] == [("a", 0.5), ("b", 0.3)]
    assert [h.score for h in found[0].hits] == [0.5, 0.1]


def test_evidence_says_where_it_stands() -> None:
    (found,) = group([hit("a", 0.3, ordinal=n) for n in range(5)])
    made = card(found, record(), most_evidence=2).fields
    assert len(made.evidence) == 2
    first = made.evidence[0]
    assert (first.quote, first.page, first.heading, first.section) == ("citat 0", 3, "Resultat", 2)
    assert first.link == "/reports/a?version=1&section=2&start=0&end=4#quote"
    assert first.document is None


def test_evidence_names_the_document_it_stands_in() -> None:
    (found,) = group([hit("a", 0.3, document=1), hit("a", 0.2, ordinal=1, document=0)])
    made = card(found, record(*NAMES), most_evidence=2).fields
    documents = [evidence.document for evidence in made.evidence]
    assert [(d.number, d.filename, d.link) for d in documents if d] == [
        (1, "bilaga.docx", "/v1/reports/a/documents/1"),
        (0, "rapport.pdf", "/v1/reports/a/documents/0"),
    ]


@pytest.mark.parametrize("passage", [{}, {"document": None}])
def test_a_passage_of_before_stands_in_the_one_document(passage: dict[str, None]) -> None:
    (found,) = group([hit("a", 0.3, **passage)])
    one = card(found, record("rapport.pdf"), most_evidence=1).fields.evidence[0].document
    assert one
    assert one.filename == "rapport.pdf"
    two = card(found, record(*NAMES), most_evidence=1)
    assert two.fields.evidence[0].document is None
