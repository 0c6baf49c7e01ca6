"""From passages found to method cards: one per project, with its evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from libs.events.recommendation import Evidence, MethodCard, QuotedDocument
from libs.events.report import DocumentInfo, ReportContent
from libs.vectors.port import PassageHit, PayloadValue


@dataclass(frozen=True, slots=True)
class FoundReport:
    """The passages that were found of one report version, best first."""

    report_id: str
    version: int
    hits: tuple[PassageHit, ...]

    @property
    def score(self) -> float:
        """The best passage's fused score."""
        return self.hits[0].score


def group(hits: Iterable[PassageHit]) -> list[FoundReport]:
    """Passages by report, best report first. The index finds one version of each (ADR 21)."""
    by_report: dict[str, list[PassageHit]] = {}
    for hit in hits:
        by_report.setdefault(str(hit.payload["report_id"]), []).append(hit)
    found = []
    for report_id, several in by_report.items():
        several.sort(key=lambda hit: -hit.score)
        version = _integer(several[0].payload, "version")
        found.append(FoundReport(report_id, version, tuple(several)))
    return sorted(found, key=lambda report: -report.score)


def card(found: FoundReport, content: ReportContent, *, most_evidence: int) -> MethodCard:
    """The card of one report."""
    report = content.report
    return MethodCard(
        report_id=found.report_id,
        version=found.version,
        title=report.title,
        summary=report.summary,
        language=report.language,
        illustrative=report.illustrative,
        outcome=report.outcome,
        organisation=report.lead_organisation,
        places=report.places,
        period=report.period,
        budget=report.budget,
        themes=report.themes,
        target_groups=report.target_groups,
        sdgs=report.sdgs,
        methods=report.methods,
        results=report.results,
        lessons=report.lessons,
        contacts=report.contacts,
        score=found.score,
        evidence=tuple(
            evidence(found, hit, content.documents) for hit in found.hits[:most_evidence]
        ),
        link=f"/reports/{found.report_id}",
    )


def evidence(found: FoundReport, hit: PassageHit, documents: Sequence[DocumentInfo]) -> Evidence:
    """A passage of a report as a quotation that says where it stands."""
    section = _integer(hit.payload, "section")
    start, end = _integer(hit.payload, "start"), _integer(hit.payload, "end")
    page = hit.payload.get("page")
    # With its version, because in another one other words may stand at the same place.
    place = {"version": found.version, "section": section, "start": start, "end": end}
    return Evidence(
        passage_id=str(hit.id),
        quote=str(hit.payload["text"]),
        language=_text(hit.payload.get("language")),
        heading=_text(hit.payload.get("heading")),
        document=_document(hit, documents),
        page=page if isinstance(page, int) else None,
        section=section,
        start=start,
        end=end,
        similarity=hit.similarity,
        link=f"/reports/{found.report_id}?{urlencode(place)}#quote",
    )


def _document(hit: PassageHit, documents: Sequence[DocumentInfo]) -> QuotedDocument | None:
    number = hit.payload.get("document")
    if number is None and len(documents) == 1:
        # Passages from before reports could have several documents do not name theirs.
        number = 0
    for document in documents:
        if document.number == number:
            return QuotedDocument(
                number=document.number, filename=document.filename, link=document.link
            )
    return None


def _integer(payload: Mapping[str, PayloadValue], field: str) -> int:
    value = payload[field]
    if not isinstance(value, int):
        raise TypeError(f"a passage's {field} is a whole number, not {value!r}")
    return value


def _text(value: str | float | Sequence[str] | Sequence[int] | None) -> str | None:
    return value if isinstance(value, str) else None
