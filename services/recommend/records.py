"""The reports behind the passages: asked of ingest once, then kept until they change."""

import threading
from collections import OrderedDict

import httpx

from libs.errors import NotFound
from libs.events.report import ReportContent
from libs.runtime.peers import answered


class ReportRecords:
    """A least-recently-used cache of reports' contents, without their sections. Thread-safe."""

    def __init__(self, client: httpx.Client, capacity: int) -> None:
        self._client = client
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, int], ReportContent] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, report_id: str, version: int) -> ReportContent | None:
        """The content; None when it was withdrawn. Raises Unavailable when ingest is away."""
        key = (report_id, version)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        return self.refresh(report_id, version)

    def refresh(self, report_id: str, version: int) -> ReportContent | None:
        """Ask ingest, and keep the answer in place of all older versions."""
        try:
            with answered("ingest"):
                response = self._client.get(f"/internal/reports/{report_id}/versions/{version}")
                response.raise_for_status()
        except NotFound:
            self.forget(report_id, version)
            return None
        content = ReportContent.model_validate_json(response.content)
        report = content.report.model_copy(update={"sections": ()})
        kept = content.model_copy(update={"report": report})
        self.forget(report_id, version - 1)
        with self._lock:
            self._kept[(report_id, version)] = kept
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return kept

    def forget(self, report_id: str, up_to_version: int) -> None:
        """Drop what is kept of a report, up to a version."""
        with self._lock:
            for key in [k for k in self._kept if k[0] == report_id and k[1] <= up_to_version]:
                del self._kept[key]
