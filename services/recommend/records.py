"""The reports behind the passages: asked of ingest once, then kept until they change."""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import TypeAdapter

from libs.errors import NotFound
from libs.events.cards import EvidenceLevel, Statement
from libs.events.labels import InferredLabel, Label, LabelKind
from libs.events.report import ReportContent
from libs.runtime.peers import answered
from services.recommend.evidence import evidence_level
from services.recommend.statements import statements

_STATEMENTS: Final = TypeAdapter(tuple[Statement, ...])
_LABELS: Final = TypeAdapter(tuple[InferredLabel, ...])
# The others are in the statements already.
_KEPT_LABELS: Final = {LabelKind.SDG, LabelKind.THEME, LabelKind.TARGET_GROUP}


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a report version: its content without sections, and what they say.

    `labels` are the goals, themes and target groups that were found. The statements are kept as
    compressed JSON: 2 kB a report in place of 82, and read again in 0.1 ms (31 statements).
    """

    content: ReportContent
    labels: tuple[Label, ...] = ()
    packed: bytes = b""
    evidence_level: EvidenceLevel | None = None

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What the report says."""
        return _STATEMENTS.validate_json(zlib.decompress(self.packed)) if self.packed else ()


def read(content: ReportContent, labels: Sequence[Label]) -> Record:
    """The record of a version, whose content has its sections."""
    told = _STATEMENTS.dump_json(statements(content, labels), exclude_defaults=True)
    report = content.report.model_copy(update={"sections": ()})
    return Record(
        content=content.model_copy(update={"report": report}),
        labels=tuple(label for label in labels if label.kind in _KEPT_LABELS),
        packed=zlib.compress(told, level=1),
        evidence_level=evidence_level(content, labels),
    )


@dataclass(slots=True, eq=False)
class _Fetch:
    """A question to ingest that is under way, and whether its report has changed meanwhile."""

    report_id: str
    outdated: bool = False


class ReportRecords:
    """A least-recently-used cache of reports' records. Thread-safe."""

    def __init__(self, client: httpx.Client, capacity: int) -> None:
        self._client = client
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, int], Record] = OrderedDict()
        self._fetches: set[_Fetch] = set()
        self._lock = threading.Lock()

    def get(self, report_id: str, version: int) -> ReportContent | None:
        """The content; None when it was withdrawn. Raises Unavailable when ingest is away."""
        record = self.record(report_id, version)
        return record.content if record else None

    def record(self, report_id: str, version: int) -> Record | None:
        """As `get`, with what the report says."""
        key, fetch = (report_id, version), _Fetch(report_id)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            self._fetches.add(fetch)
        record = None
        try:
            record = self._read(report_id, version, None)
        finally:
            with self._lock:
                self._fetches.discard(fetch)
                # An event that was handled meanwhile knows more.
                if record and not fetch.outdated:
                    self._keep(key, record)
        return record

    def refresh(self, report_id: str, version: int, labels: Sequence[Label] | None) -> None:
        """Ask ingest, and keep the answer in place of all older versions.

        `labels` are those that were just announced, which ingest may not have yet.
        """
        record = self._read(report_id, version, labels)
        self.forget(report_id, version)
        if record:
            with self._lock:
                self._keep((report_id, version), record)

    def forget(self, report_id: str, up_to_version: int) -> None:
        """Drop what is kept of a report, up to a version."""
        with self._lock:
            for fetch in self._fetches:
                fetch.outdated |= fetch.report_id == report_id
            for key in [k for k in self._kept if k[0] == report_id and k[1] <= up_to_version]:
                del self._kept[key]

    def _keep(self, key: tuple[str, int], record: Record) -> None:
        """Needs the lock."""
        self._kept[key] = record
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def _read(self, report_id: str, version: int, labels: Sequence[Label] | None) -> Record | None:
        path = f"/internal/reports/{report_id}/versions/{version}"
        try:
            content = ReportContent.model_validate_json(self._asked(path))
        except NotFound:
            return None
        return read(content, self._labels(path) if labels is None else labels)

    def _labels(self, path: str) -> tuple[Label, ...]:
        try:
            return _LABELS.validate_json(self._asked(f"{path}/labels"))
        except NotFound:
            # An ingest of before does not tell them, and the report may just have been withdrawn.
            return ()

    def _asked(self, path: str) -> bytes:
        with answered("ingest"):
            response = self._client.get(path)
            response.raise_for_status()
        return response.content
