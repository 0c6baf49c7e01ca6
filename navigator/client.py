"""The gateway as the command line uses it."""

import json
import mimetypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
from httpx_sse import connect_sse
from pydantic import TypeAdapter

from libs.errors import NavigatorError
from libs.events.bulk import Answer, LastLine
from libs.events.listing import ReportPage
from libs.events.recommendation import RecommendationRequest, Recommendations
from libs.events.report import Receipt, StatusEntry
from libs.events.tables import TablePreview
from libs.runtime.peers import error_of

BULK_TIMEOUT = httpx.Timeout(30.0, read=180.0)
FOLLOW_TIMEOUT = httpx.Timeout(30.0, read=120.0)
# Python's own table does not know these everywhere.
_MEDIA_TYPES = {".md": "text/markdown", ".markdown": "text/markdown", ".txt": "text/plain"}


_ANSWER: TypeAdapter[Answer | LastLine] = TypeAdapter(Answer | LastLine)
Form = dict[str, Any]
"""The keywords with which httpx makes a request's body."""


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

    def submit_documents(
        self, paths: Sequence[Path], metadata: dict[str, Any] | None
    ) -> tuple[Receipt, bool]:
        """Hand over a report's files with metadata; returns its receipt and whether it is new."""
        files: list[tuple[str, tuple[str | None, str | bytes, str]]] = [
            ("document", (path.name, path.read_bytes(), _media_type(path))) for path in paths
        ]
        if metadata is not None:
            files.append(("metadata", (None, json.dumps(metadata), "application/json")))
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

    def status(self) -> dict[str, Any]:
        """How the platform is."""
        answer: dict[str, Any] = self._get("/v1/status").json()
        return answer

    def preview_table(self, form: Form) -> TablePreview:
        """How a table would be read; nothing is taken in."""
        with self._answered():
            response = self._http.post(
                "/v1/bulk/table", params={"dry_run": "true"}, timeout=BULK_TIMEOUT, **form
            )
            response.raise_for_status()
        return TablePreview.model_validate_json(response.content)

    def submit_table(self, form: Form) -> Iterator[Answer | LastLine]:
        """Hand over a table; what became of each row as it is told, then the summary."""
        yield from self._many("/v1/bulk/table", form)

    def submit_lines(self, body: bytes) -> Iterator[Answer | LastLine]:
        """Hand over lines of NDJSON, not very many at once: all are sent before one is read."""
        headers = {"content-type": "application/x-ndjson"}
        yield from self._many("/v1/bulk/reports", {"content": body, "headers": headers})

    def _many(self, path: str, request: Form) -> Iterator[Answer | LastLine]:
        last = None
        with (
            self._answered(),
            self._http.stream("POST", path, timeout=BULK_TIMEOUT, **request) as response,
        ):
            if response.is_error:
                response.read()
            response.raise_for_status()
            for line in response.iter_lines():
                last = _ANSWER.validate_json(line)
                yield last
        if not isinstance(last, LastLine):
            raise GatewayError(
                "The answer broke off. What was told is kept; import the file again for the rest."
            )

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that a request is answered with; None where the answer is empty."""
        with self._answered():
            response = self._http.request(method, path, json=body).raise_for_status()
        return response.json() if response.content else None

    def _get(
        self, path: str, parameters: dict[str, str] | None = None, *, timeout_s: float = 30.0
    ) -> httpx.Response:
        with self._answered():
            return self._http.get(path, params=parameters, timeout=timeout_s).raise_for_status()

    def _post(self, path: str, *, timeout_s: float = 30.0, **more: Any) -> httpx.Response:
        with self._answered():
            return self._http.post(path, timeout=timeout_s, **more).raise_for_status()

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


def _media_type(path: Path) -> str:
    guessed = _MEDIA_TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    return guessed or "application/octet-stream"


def _sentence(response: httpx.Response) -> str:
    error: NavigatorError = error_of("gateway", response)
    try:
        fields = response.json().get("errors", [])
    except ValueError:
        fields = []
    wrong = "".join(f"\n  {field['pointer']}: {field['detail']}" for field in fields)
    return error.detail + wrong
