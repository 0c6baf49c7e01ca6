"""Reads normalised reports, and which there are, from ingest over HTTP."""

import httpx

from libs.errors import NotFound
from libs.events.reindex import StandingReports
from libs.events.report import ReportContent
from libs.runtime.peers import answered


class IngestReportSource:
    """The ReportSource and the Record that ask ingest."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def fetch(self, url: str) -> ReportContent:
        """See ReportSource. Only a path at ingest is followed, never an address elsewhere."""
        if not url.startswith("/internal/reports/"):
            raise NotFound(f"{url} is not a report's path at ingest")
        with answered("ingest"):
            response = self._client.get(url)
            response.raise_for_status()
        return ReportContent.model_validate_json(response.content)

    def standing(self, after: str) -> StandingReports:
        """See Record."""
        with answered("ingest"):
            response = self._client.get("/internal/reports/standing", params={"after": after})
            response.raise_for_status()
        return StandingReports.model_validate_json(response.content)
