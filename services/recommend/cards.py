"""From passages found to method cards: one per project, with its evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from libs.events.fit import Fit
from libs.events.ranking import Score
from libs.events.recommendation import Evidence, MethodCard
from libs.events.report import DocumentInfo
from libs.vectors.port import PassageHit, PayloadValue
from services.recommend.answer import Card
from services.recommend.citing import quoted_document, report_link
from services.recommend.record import Record
from services.recommend.statements import missing

# Of the nearest passage's similarity: between what translations have and what other texts have
# (docs/adr/0038).
NEAR_ENOUGH: Final = 0.5


@dataclass(frozen=True, slots=True)
class FoundReport:
    """The passages that were found of one report version, best first."""

    report_id: str
    version: int
    hits: tuple[PassageHit, ...]

    @property
    def key(self) -> tuple[str, int]:
        """Which version of which report it is."""
        return self.report_id, self.version

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


def card(
    found: FoundReport,
    record: Record,
    ranking: Score | None = None,
    *,
    fit: Fit | None = None,
    most_evidence: int,
    language: str | None = None,
) -> Card:
    """The card of one report. `language` is the one to quote in, where there is a choice."""
    content, cited = record.content, in_language(found.hits, language)[:most_evidence]
    report = content.report
    fields = MethodCard(
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
        ranking=ranking,
        fit=fit,
        evidence=tuple(evidence(found, hit, content.documents) for hit in cited),
        evidence_level=record.evidence_level,
        link=f"/reports/{found.report_id}",
    )
    more = missing(record.statements.kinds, content, record.labels, cited)
    return Card(fields, record.statements.with_more(more))


def in_language(hits: Sequence[PassageHit], language: str | None) -> list[PassageHit]:
    """Passages in the language first, if they could say the same as the nearest of all."""
    nearest = max((hit.similarity or 0.0 for hit in hits), default=0.0)

    def behind(hit: PassageHit) -> bool:
        own = str(hit.payload.get("language") or "").partition("-")[0]
        return own != language or (hit.similarity or 0.0) < NEAR_ENOUGH * nearest

    return sorted(hits, key=behind)


def evidence(found: FoundReport, hit: PassageHit, documents: Sequence[DocumentInfo]) -> Evidence:
    """A passage of a report as a quotation that says where it stands."""
    section = _integer(hit.payload, "section")
    start, end = _integer(hit.payload, "start"), _integer(hit.payload, "end")
    page = hit.payload.get("page")
    place = {"section": section, "start": start, "end": end}
    return Evidence(
        passage_id=str(hit.id),
        quote=str(hit.payload["text"]),
        language=_text(hit.payload.get("language")),
        heading=_text(hit.payload.get("heading")),
        document=quoted_document(hit.payload.get("document"), documents),
        page=page if isinstance(page, int) else None,
        section=section,
        start=start,
        end=end,
        similarity=hit.similarity,
        link=report_link(found.report_id, found.version, place),
    )


def _integer(payload: Mapping[str, PayloadValue], field: str) -> int:
    value = payload[field]
    if not isinstance(value, int):
        raise TypeError(f"a passage's {field} is a whole number, not {value!r}")
    return value


def _text(value: str | float | Sequence[str] | Sequence[int] | None) -> str | None:
    return value if isinstance(value, str) else None
