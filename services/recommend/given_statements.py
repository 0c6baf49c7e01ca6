"""Statements from the fields of a report, and from sections that say what they are about."""

import re
from collections.abc import Iterator
from typing import Final

from libs.events.cards import Statement, StatementKind
from libs.events.labels import TextSpan
from libs.events.report import Method, Origin, Provenance, ReportMetadata, Result, SectionKind
from services.recommend.citing import Citing, Path

KIND_OF: Final = {
    SectionKind.CHALLENGE: StatementKind.CHALLENGE,
    SectionKind.METHOD: StatementKind.METHOD,
    SectionKind.NEEDS: StatementKind.NEEDS,
    SectionKind.RESULTS: StatementKind.RESULT,
    SectionKind.FAILURES: StatementKind.RISK,
    SectionKind.LESSONS: StatementKind.LESSON,
}
# A card's other fields hold longer texts whole.
LONGEST: Final = 1_000
_LONGEST_BEGINNING: Final = 400
# The last end of a sentence, or else the last blank, before the limit.
_LAST_SENTENCE: Final = re.compile(r"^.*[.!?…](?=\s)")
_PARAGRAPH: Final = re.compile(r"\S[^\n]*")

_Field = tuple[StatementKind, str, Path]


def given(citing: Citing) -> Iterator[Statement]:
    """All of them, in the record's order."""
    provenance = citing.content.report.provenance
    for kind, text, path in _fields(citing.content.report):
        if text.strip() and len(text) <= LONGEST:
            yield _statement(citing, kind, text, path, provenance.get(f"/{path[0]}"))
    yield from _sections(citing)


def _statement(
    citing: Citing, kind: StatementKind, text: str, path: Path, provenance: Provenance | None
) -> Statement:
    is_given = provenance is None or provenance.origin is Origin.GIVEN
    return Statement(
        kind=kind,
        text=text,
        origin="given" if is_given else "found",
        confidence=provenance.confidence if provenance else None,
        code=text if path[0] in {"target_groups", "outcome"} else None,
        citation=citing.field(*path),
    )


def _fields(report: ReportMetadata) -> Iterator[_Field]:
    for number, method in enumerate(report.methods):
        yield from _method(method, ("methods", number))
    for number, group in enumerate(report.target_groups):
        yield StatementKind.TARGET_GROUP, group, ("target_groups", number)
    for number, place in enumerate(report.places):
        where = ", ".join((place.name or place.nuts or place.lau or "", place.country))
        yield StatementKind.PLACE, where.removeprefix(", "), ("places", number)
    if report.outcome:
        yield StatementKind.OUTCOME, report.outcome.value, ("outcome",)
    for number, result in enumerate(report.results):
        yield StatementKind.RESULT, _result(result), ("results", number)
    if report.budget:
        money = f"{_figure(report.budget.amount)} {report.budget.currency}"
        yield StatementKind.MONEY, money, ("budget",)
    for number, partner in enumerate(report.partner_organisations):
        yield StatementKind.PARTNERS, partner.name, ("partner_organisations", number)
    if report.period:
        # An interval as ISO 8601 writes it, because a card has no language of its own.
        days = (report.period.start, report.period.end)
        interval = "/".join(day.isoformat() if day else ".." for day in days)
        yield StatementKind.TIME, interval if any(days) else "", ("period",)
    for number, lesson in enumerate(report.lessons):
        yield StatementKind.LESSON, lesson, ("lessons", number)


def _method(method: Method, path: Path) -> Iterator[_Field]:
    yield StatementKind.METHOD, method.name, (*path, "name")
    yield StatementKind.METHOD, method.description or "", (*path, "description")
    needs = method.needs
    yield StatementKind.MONEY, needs.money or "", (*path, "needs", "money")
    yield StatementKind.STAFF, needs.staff or "", (*path, "needs", "staff")
    yield StatementKind.PARTNERS, needs.partners or "", (*path, "needs", "partners")
    yield StatementKind.TIME, needs.time or "", (*path, "needs", "time")
    for number, step in enumerate(method.steps):
        yield StatementKind.STEP, step, (*path, "steps", number)


def _result(result: Result) -> str:
    value = "" if result.value is None else _figure(result.value)
    measure = " ".join(filter(None, (value, result.unit if value else None)))
    return "\n".join(
        filter(None, (": ".join(filter(None, (result.indicator, measure))), result.text))
    )


def _figure(value: float | str) -> str:
    """As it is written, but a whole number has no decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _sections(citing: Citing) -> Iterator[Statement]:
    for number, section in enumerate(citing.content.report.sections):
        kind = KIND_OF.get(section.kind) if section.kind else None
        citation = citing.quotation(_beginning(number, section.text)) if kind else None
        if kind and citation and citation.quote:
            yield Statement(kind=kind, text=citation.quote, origin="given", citation=citation)


def _beginning(number: int, text: str) -> TextSpan:
    """The first paragraph; of a long one the sentences, or the words, that are short enough."""
    match = _PARAGRAPH.search(text)
    if not match:
        return TextSpan(section=number, start=0, end=1)
    whole = match[0].rstrip()
    words = whole[:_LONGEST_BEGINNING]
    if len(whole) > _LONGEST_BEGINNING:
        # One character more: a full stop at the cut may stand within a number.
        sentence = _LAST_SENTENCE.match(whole[: _LONGEST_BEGINNING + 1])
        words = sentence[0] if sentence else words.rpartition(" ")[0] or words
    start = match.start()
    return TextSpan(section=number, start=start, end=start + len(words.rstrip()))
