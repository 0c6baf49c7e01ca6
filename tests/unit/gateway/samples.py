"""A backend that answers from memory, and the reports and traces that it holds."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from libs.errors import NavigatorError, NotFound
from libs.events.feedback import FeedbackReceipt, FeedbackRequest
from libs.events.recommendation import (
    Evidence,
    MethodCard,
    QuotedDocument,
    RecommendationRequest,
    Recommendations,
)
from libs.events.report import (
    Contact,
    DocumentInfo,
    Link,
    Method,
    Needs,
    NormalisedReport,
    Organisation,
    Outcome,
    Period,
    Place,
    Receipt,
    ReportContent,
    Result,
    Section,
)
from services.gateway.backend import SpanData
from services.gateway.error_pages import serve_error_pages
from services.gateway.feedback_page import feedback_page
from services.gateway.pages import pages
from services.gateway.rendering import Site, static_files

REPORT_ID = "5d0b5c52-86cf-5f3c-8f4f-0d7a3c5d7b11"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TEXT = "Lotsen skickar ett vykort. En vecka senare knackar hon på. Ingen inskrivning krävs."
QUOTE = "En vecka senare knackar hon på."


def a_report(**changes: object) -> NormalisedReport:
    report = NormalisedReport(
        title="Knacka på",
        language="sv",
        summary="En lots utan kontor.",
        period=Period(start=dt.date(2018, 2, 1), end=dt.date(2020, 1, 31)),
        lead_organisation=Organisation(name="Föreningen Vägar Ut", country="SE"),
        places=(Place(country="SE", name="Sollefteå"),),
        themes=("youth-neet",),
        sdgs=(8,),
        outcome=Outcome.SUCCEEDED,
        methods=(
            Method(
                name="Ungdomslots",
                steps=("Skicka ett vykort", "Knacka på"),
                needs=Needs(money="38 000 kronor", staff="en lots"),
            ),
        ),
        results=(Result(indicator="I arbete", value=55, unit="%", text="26 av 47."),),
        lessons=("Räkna kontakter.",),
        contacts=(Contact(name="Anna Nordin", email="anna@example.org"),),
        links=(Link(url="https://example.org/lots", title="Webbplats"),),
        illustrative=True,
        sections=(
            Section(heading="Utmaningen", text="Få svarade på brev."),
            Section(heading="Metoden", text=TEXT, page=3),
        ),
    )
    return report.model_copy(update=changes)


def a_document(number: int, filename: str) -> DocumentInfo:
    return DocumentInfo(
        number=number,
        filename=filename,
        media_type="application/pdf",
        size=1_250_000,
        sha256="0" * 64,
        link=f"/v1/reports/{REPORT_ID}/documents/{number}?version=2",
    )


def a_card(report: NormalisedReport) -> MethodCard:
    start = TEXT.index(QUOTE)
    end = start + len(QUOTE)
    evidence = Evidence(
        passage_id="p1",
        quote=QUOTE,
        language="sv",
        heading="Metoden",
        document=QuotedDocument(
            number=0, filename="lotsen.pdf", link=f"/v1/reports/{REPORT_ID}/documents/0?version=2"
        ),
        page=3,
        section=1,
        start=start,
        end=end,
        similarity=0.9,
        link=f"/reports/{REPORT_ID}?version=2&section=1&start={start}&end={end}#quote",
    )
    shared = set(MethodCard.model_fields) & set(NormalisedReport.model_fields)
    return MethodCard(
        report_id=REPORT_ID,
        version=2,
        organisation=report.lead_organisation,
        score=0.5,
        evidence=(evidence,),
        link=f"/reports/{REPORT_ID}",
        **{name: getattr(report, name) for name in shared},
    )


def a_span(
    span_id: str,
    parent: str | None,
    service: str,
    start_ms: int,
    end_ms: int,
    *,
    failed: bool = False,
    name: str = "work",
) -> SpanData:
    return {
        "trace_id": TRACE_ID,
        "span_id": span_id,
        "parent_id": parent,
        "service": service,
        "name": name,
        "kind": "server",
        "start_ns": start_ms * 1_000_000,
        "end_ns": end_ms * 1_000_000,
        "failed": failed,
        "attributes": {"http.request.method": "POST"},
    }


@dataclass
class FakeBackend:
    """Holds one report and one trace; `trouble` is raised at every question."""

    report: NormalisedReport = field(default_factory=a_report)
    documents: tuple[DocumentInfo, ...] = ()
    found: bool = True
    nothing_close: bool = False
    trouble: NavigatorError | None = None
    spans: list[list[SpanData]] = field(default_factory=list)
    asked: list[RecommendationRequest] = field(default_factory=list)
    given: list[tuple[FeedbackRequest, str]] = field(default_factory=list)

    async def recommend(self, request: RecommendationRequest) -> Recommendations:
        self._raise()
        self.asked.append(request)
        cards = (a_card(self.report),) if self.found else ()
        return Recommendations(
            challenge=request.challenge,
            cards=cards,
            nothing_close=self.nothing_close,
            nearest_themes=("youth-neet",) if self.nothing_close else (),
            model="e5",
            trace_id=TRACE_ID,
        )

    async def give_feedback(self, given: FeedbackRequest, address: str) -> FeedbackReceipt:
        self._raise()
        self.given.append((given, address))
        now = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
        told = given.model_dump(include={"report_id", "version", "verdict"})
        return FeedbackReceipt(id="1", created_at=now, **told)

    async def content(self, report_id: str) -> ReportContent:
        self._raise()
        if report_id != REPORT_ID:
            raise NotFound("No such report.")
        return ReportContent(
            report_id=report_id,
            version=2,
            partner="local",
            report=self.report,
            documents=self.documents,
        )

    async def receipt(self, report_id: str) -> Receipt:
        raise NotFound(f"No receipt of {report_id}.")

    async def traces(self, limit: int) -> list[list[SpanData]]:
        self._raise()
        return self.spans[:limit]

    async def trace(self, trace_id: str) -> list[SpanData]:
        self._raise()
        for spans in self.spans:
            if spans[0]["trace_id"] == trace_id:
                return spans
        raise NotFound(f"Trace {trace_id} is not known here.")

    def _raise(self) -> None:
        if self.trouble:
            raise self.trouble


def an_app(backend: FakeBackend) -> FastAPI:
    """The pages as the gateway serves them."""
    app, site = FastAPI(openapi_url=None), Site()
    app.include_router(pages(site, backend))
    app.include_router(feedback_page(site, backend))
    app.mount("/static", static_files())
    serve_error_pages(app, site)
    return app


async def ask(
    backend: FakeBackend, method: str, address: str, headers: dict[str, str], **more: Any
) -> httpx.Response:
    """One request to the pages, in their ASGI app."""
    transport = httpx.ASGITransport(an_app(backend))
    async with httpx.AsyncClient(transport=transport, base_url="http://navigator") as client:
        return await client.request(method, address, headers=headers, **more)


async def get(backend: FakeBackend, address: str, **headers: str) -> httpx.Response:
    """GET, with headers by their names with underscores."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(backend, "GET", address, names)
