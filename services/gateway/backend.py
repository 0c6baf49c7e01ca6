"""The services behind the gateway, as the gateway asks them: httpx, in the asker's trace."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

import httpx
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from pydantic import BaseModel

from libs.errors import NotFound
from libs.events.feedback import FeedbackReceipt, FeedbackRequest
from libs.events.headers import CLIENT_ADDRESS
from libs.events.recommendation import RecommendationRequest, Recommendations
from libs.events.report import Receipt, ReportContent
from libs.runtime.peers import answered
from libs.telemetry.ring import TraceRing

M = TypeVar("M", bound=BaseModel)
SpanData = Mapping[str, Any]


class Backend(Protocol):
    """What the pages need. Raises the errors that the services answered with."""

    async def recommend(self, request: RecommendationRequest) -> Recommendations:
        """Ask for methods. Raises Unavailable when recommend does not answer."""

    async def give_feedback(self, given: FeedbackRequest, address: str) -> FeedbackReceipt:
        """Hand on a verdict from an address. Raises NotFound, InvalidInput or Overloaded."""

    async def content(self, report_id: str) -> ReportContent:
        """A report's normalised content. Raises NotFound or Gone."""

    async def receipt(self, report_id: str) -> Receipt:
        """A report's status and history. Raises NotFound."""

    async def traces(self, limit: int) -> list[list[SpanData]]:
        """The newest traces, newest first, each as its spans (fields of telemetry.SpanRecord)."""

    async def trace(self, trace_id: str) -> list[SpanData]:
        """One trace's spans in order of their start. Raises NotFound."""


class HttpBackend:
    """The Backend over HTTP."""

    def __init__(self, clients: Mapping[str, httpx.AsyncClient], own: TraceRing) -> None:
        self._clients = clients
        self._own = own

    async def recommend(self, request: RecommendationRequest) -> Recommendations:
        """See Backend."""
        body = request.model_dump(mode="json", exclude_defaults=True)
        return await self._ask(
            "recommend", "POST", "/v1/recommendations", Recommendations, json=body
        )

    async def give_feedback(self, given: FeedbackRequest, address: str) -> FeedbackReceipt:
        """See Backend."""
        body = given.model_dump(mode="json", exclude_defaults=True)
        caller = {CLIENT_ADDRESS: address}
        return await self._ask(
            "recommend", "POST", "/v1/feedback", FeedbackReceipt, json=body, headers=caller
        )

    async def content(self, report_id: str) -> ReportContent:
        """See Backend."""
        return await self._ask("ingest", "GET", f"/v1/reports/{report_id}/content", ReportContent)

    async def receipt(self, report_id: str) -> Receipt:
        """See Backend."""
        return await self._ask("ingest", "GET", f"/v1/reports/{report_id}", Receipt)

    async def traces(self, limit: int) -> list[list[SpanData]]:
        """See Backend. Spans of one trace that several processes hold are put together."""
        merged: dict[str, dict[str, SpanData]] = {}
        own = [[asdict(span) for span in spans] for spans in self._own.recent(limit)]
        for found in [own, *await self._from_all(f"/internal/traces?limit={limit}")]:
            for spans in found:
                for span in spans:
                    merged.setdefault(span["trace_id"], {})[span["span_id"]] = span
        traces = [sorted(spans.values(), key=_start) for spans in merged.values()]
        return sorted(traces, key=lambda spans: _start(spans[-1]), reverse=True)[:limit]

    async def trace(self, trace_id: str) -> list[SpanData]:
        """See Backend."""
        spans: dict[str, SpanData] = {s.span_id: asdict(s) for s in self._own.trace(trace_id)}
        for found in await self._from_all(f"/internal/traces/{trace_id}"):
            spans |= {span["span_id"]: span for span in found}
        if not spans:
            raise NotFound(
                f"Trace {trace_id} is not known here. Only the latest traces are kept in the "
                "process; set NAVIGATOR_OTLP_ENDPOINT to keep all of them."
            )
        return sorted(spans.values(), key=_start)

    async def _from_all(self, path: str) -> list[Any]:
        answers = []
        for client in self._clients.values():
            try:
                with suppress_http_instrumentation():
                    response = await client.get(path)
                response.raise_for_status()
            except httpx.HTTPError:
                # A trace without the part of a service that is down is still worth seeing.
                continue
            answers.append(response.json())
        return answers

    async def _ask(
        self,
        service: str,
        method: str,
        path: str,
        model: type[M],
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> M:
        with answered(service):
            response = await self._clients[service].request(
                method, path, json=json, headers=headers
            )
            response.raise_for_status()
        return model.model_validate_json(response.content)


def _start(span: SpanData) -> int:
    return int(span["start_ns"])
