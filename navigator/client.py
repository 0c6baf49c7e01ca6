"""The gateway as the command line uses it."""

import datetime as dt
import json
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
from httpx_sse import connect_sse

from libs.errors import NavigatorError
from libs.events.listing import ReportPage
from libs.events.recommendation import RecommendationRequest, Recommendations
from libs.events.report import Receipt, StatusEntry
from libs.runtime.peers import error_of

FOLLOW_TIMEOUT = httpx.Timeout(30.0, read=120.0)
# Python's own table does not know these everywhere.
_MEDIA_TYPES = {".md": "text/markdown", ".markdown": "text/markdown", ".txt": "text/plain"}


class GatewayError(Exception):
    """What went wrong, in a sentence for the person at the terminal."""


class GatewayClient:
    """Talks to one gateway. Raises GatewayError for everything that goes wrong."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") if "://" in url else f"http://{url.rstrip('/')}"
        self._http = httpx.Client(base_url=self.url, timeout=30.0, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def submit_json(self, body: bytes) -> tuple[Receipt, bool]:
        """Hand over a report as JSON; returns its receipt and whether it is new."""
        headers = {"content-type": "application/json"}
        return self._submitted(content=body, headers=headers)

    def submit_document(self, path: Path, metadata: dict[str, Any] | None) -> tuple[Receipt, bool]:
        """Hand over a file with metadata beside it; returns its receipt and whether it is new."""
        guessed = _MEDIA_TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
        media_type = guessed or "application/octet-stream"
        files: dict[str, Any] = {"document": (path.name, path.read_bytes(), media_type)}
        if metadata is not None:
            files["metadata"] = (None, json.dumps(metadata), "application/json")
        return self._submitted(files=files)

    def follow(self, report_id: str) -> Iterator[StatusEntry]:
        """The report's history, past and to come, until its status is final."""
        path = f"/v1/reports/{report_id}/events"
        with self._answered(), connect_sse(self._http, "GET", path, timeout=FOLLOW_TIMEOUT) as sse:
            sse.response.raise_for_status()
            for event in sse.iter_sse():
                # What keeps the connection alive every 15 s comes through as an event of nothing.
                if event.data:
                    yield StatusEntry.model_validate_json(event.data)

    def receipt(self, report_id: str) -> Receipt:
        """Where a report stands."""
        return Receipt.model_validate_json(self._get(f"/v1/reports/{report_id}").content)

    def reports(self) -> Iterator[Receipt]:
        """All reports in order of arrival, without their histories."""
        parameters = {"limit": "200"}
        while True:
            page = ReportPage.model_validate_json(self._get("/v1/reports", parameters).content)
            yield from page.items
            if page.next is None:
                return
            parameters["cursor"] = page.next

    def ask(self, request: RecommendationRequest) -> Recommendations:
        """Methods for a challenge."""
        body = request.model_dump(mode="json", exclude_defaults=True)
        with self._answered():
            response = self._http.post("/v1/recommendations", json=body)
            response.raise_for_status()
        return Recommendations.model_validate_json(response.content)

    def replay(self, report_id: str | None, since: dt.datetime | None) -> int:
        """Have ingest announce reports again; this client's address must be ingest's."""
        wanted = {"report_id": report_id, "since": since.isoformat() if since else None}
        parameters = {name: value for name, value in wanted.items() if value}
        with self._answered():
            response = self._http.post("/internal/replay", params=parameters, timeout=600.0)
            response.raise_for_status()
        return int(response.json()["reports"])

    def status(self) -> dict[str, Any]:
        """How the platform is."""
        answer: dict[str, Any] = self._get("/v1/status").json()
        return answer

    def _get(self, path: str, parameters: dict[str, str] | None = None) -> httpx.Response:
        with self._answered():
            return self._http.get(path, params=parameters).raise_for_status()

    def _submitted(self, **request: Any) -> tuple[Receipt, bool]:
        with self._answered():
            response = self._http.post("/v1/reports", **request)
            response.raise_for_status()
        created = response.status_code == httpx.codes.ACCEPTED
        return Receipt.model_validate_json(response.content), created

    @contextmanager
    def _answered(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPStatusError as error:
            error.response.read()
            raise GatewayError(_sentence(error.response)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GatewayError(
                f"Navigator does not answer at {self.url} ({type(error).__name__}). "
                "Start it with `make run`, or say where it is with --url."
            ) from error


def _sentence(response: httpx.Response) -> str:
    error: NavigatorError = error_of("gateway", response)
    try:
        fields = response.json().get("errors", [])
    except ValueError:
        fields = []
    wrong = "".join(f"\n  {field['pointer']}: {field['detail']}" for field in fields)
    return error.detail + wrong
