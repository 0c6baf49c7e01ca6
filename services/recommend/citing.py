"""Citations into a report: of a span of its text, or of a field of its record."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from libs.events.cards import Citation, QuotedDocument
from libs.events.labels import TextSpan
from libs.events.pointers import json_pointer
from libs.events.report import DocumentInfo, ReportContent
from libs.vectors.port import PassageHit

# From the record to one of its fields: names, and numbers in lists.
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Citing:
    """Cites one version of a report, whose content still has its sections."""

    content: ReportContent

    def quotation(self, span: TextSpan) -> Citation | None:
        """What stands in a span, verbatim; None where there are no words, or no such place."""
        sections = self.content.report.sections
        if span.section >= len(sections):
            return None
        section = sections[span.section]
        quote = section.text[span.start : span.end]
        if not quote.strip() or span.end > len(section.text):
            return None
        return self._quoted(quote, span, section.document, section.page)

    def passage(self, hit: PassageHit) -> Citation:
        """A passage of this version that was found; it brings its text, so no section is needed."""
        payload = hit.payload
        place = {name: payload[name] for name in ("section", "start", "end")}
        page = payload.get("page")
        return self._quoted(
            str(payload["text"]),
            TextSpan.model_validate(place),
            payload.get("document"),
            page if isinstance(page, int) else None,
        )

    def _quoted(self, quote: str, span: TextSpan, document: object, page: int | None) -> Citation:
        place = span.model_dump()
        return Citation(
            report_id=self.content.report_id,
            version=self.content.version,
            document=self._document(document),
            page=page,
            quote=quote,
            link=report_link(self.content.report_id, self.content.version, place),
            **place,
        )

    def field(self, *path: str | int) -> Citation:
        """The value of a field of the record, such as `("methods", 0, "name")`."""
        value = self._record
        for part in path:
            value = value[part]
        return cited_field(self.content, path, value)

    @cached_property
    def _record(self) -> Any:
        return self.content.report.model_dump(mode="json", exclude={"sections"})

    @cached_property
    def _documents(self) -> dict[object, QuotedDocument | None]:
        return {}

    def _document(self, number: object) -> QuotedDocument | None:
        # One object, however many statements cite it: records are kept by the thousand.
        if number not in self._documents:
            self._documents[number] = quoted_document(number, self.content.documents)
        return self._documents[number]


def cited_field(content: ReportContent, path: Path, value: Any) -> Citation:
    """A field's citation, where its value is at hand: as JSON writes it."""
    return Citation(
        report_id=content.report_id,
        version=content.version,
        pointer=json_pointer(("report", *path)),
        value=value,
        link=report_link(content.report_id, content.version),
    )


def quoted_document(number: object, documents: Sequence[DocumentInfo]) -> QuotedDocument | None:
    """The document of a number; None for a report that came as JSON."""
    if number is None and len(documents) == 1:
        # Passages from before reports could have several documents do not name theirs.
        number = 0
    for document in documents:
        if document.number == number:
            return QuotedDocument(
                number=document.number, filename=document.filename, link=document.link
            )
    return None


def report_link(report_id: str, version: int, place: dict[str, int] | None = None) -> str:
    """The page of a report, with a span marked in it where one is named.

    With its version, because in another one other words may stand at the same place.
    """
    query = urlencode({"version": version, **(place or {})})
    return f"/reports/{report_id}?{query}{'#quote' if place else ''}"
