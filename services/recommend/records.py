"""The reports behind the passages: asked of ingest once, then kept until they change."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from libs.errors import NotFound, Unavailable
from libs.events.labels import Label
from libs.events.records import MOST_VERSIONS, RECORDS_PATH, Records, RecordsRequest, ReportVersion
from libs.events.report import ReportContent
from libs.runtime.peers import answered
from libs.vectors.rules import batches
from services.recommend.record import Record, read

Key = tuple[str, int]
"""A report, and one of its versions."""

# A megabyte of settings.
MB: Final = 1_000_000
# Long before so many more are announced, ingest has the labels.
_MOST_ANNOUNCED: Final = 10_000


@dataclass(slots=True, eq=False)
class _Fetch:
    """A question to ingest that is under way, and which of its reports have changed meanwhile."""

    outdated: set[str]


class ReportRecords:
    """A least-recently-used cache of records, one version of each report. Thread-safe."""

    def __init__(self, client: httpx.Client, capacity: int) -> None:
        """`capacity` is in bytes of memory, of which a record tells what it takes."""
        self._client = client
        self._capacity = capacity
        self._kept: OrderedDict[str, Record] = OrderedDict()
        self._size = 0
        self._announced: OrderedDict[str, tuple[int, Sequence[Label]]] = OrderedDict()
        self._fetches: set[_Fetch] = set()
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes that they take."""
        return self._size

    @property
    def full(self) -> bool:
        """Whether one more record would soon put out another."""
        return self._size > 0.9 * self._capacity

    def get(self, report_id: str, version: int) -> ReportContent | None:
        """The content; None when it was withdrawn. Raises Unavailable when ingest is away."""
        record = self.record(report_id, version)
        return record.content if record else None

    def record(self, report_id: str, version: int) -> Record | None:
        """As `get`, with what the report says."""
        return self.several([(report_id, version)]).get((report_id, version))

    def several(self, wanted: Collection[Key]) -> dict[Key, Record]:
        """Those that were not withdrawn; what is not kept is asked for together.

        Raises Unavailable when ingest is away.
        """
        with self._lock:
            found = {key: record for key in wanted if (record := self._at_hand(key))}
        for keys in batches((key for key in wanted if key not in found), MOST_VERSIONS):
            found |= self._fetched(keys)
        return found

    def announce(self, report_id: str, version: int, labels: Sequence[Label] | None) -> None:
        """A version may now be found: forget older ones and what was known of this one.

        `labels` are those that were announced with it, which ingest may not have yet. They are
        kept until the version is asked for.
        """
        with self._lock:
            self._forget(report_id, version)
            if labels is not None:
                self._announced[report_id] = (version, labels)
            if len(self._announced) > _MOST_ANNOUNCED:
                self._announced.popitem(last=False)

    def forget(self, report_id: str, up_to_version: int) -> None:
        """Drop what is kept of a report, up to a version."""
        with self._lock:
            self._forget(report_id, up_to_version)

    def _at_hand(self, key: Key) -> Record | None:
        """Needs the lock."""
        record = self._kept.get(key[0])
        if record is None or record.content.version != key[1]:
            return None
        self._kept.move_to_end(key[0])
        return record

    def _forget(self, report_id: str, up_to_version: int) -> None:
        """Needs the lock."""
        for fetch in self._fetches:
            fetch.outdated.add(report_id)
        kept = self._kept.get(report_id)
        if kept and kept.content.version <= up_to_version:
            self._size -= self._kept.pop(report_id).size
        if self._announced.get(report_id, (up_to_version + 1,))[0] <= up_to_version:
            del self._announced[report_id]

    def _fetched(self, keys: Sequence[Key]) -> dict[Key, Record]:
        fetch = _Fetch(set())
        with self._lock:
            self._fetches.add(fetch)
            announced = {key: labels for key in keys if (labels := self._labels(key)) is not None}
        found: dict[Key, Record] = {}
        try:
            found = dict(self._asked(keys, announced))
        finally:
            with self._lock:
                self._fetches.discard(fetch)
                for (report_id, _), record in found.items():
                    # An event that was handled meanwhile knows more.
                    if report_id not in fetch.outdated:
                        self._keep(record)
        return found

    def _labels(self, key: Key) -> Sequence[Label] | None:
        """Needs the lock."""
        version, labels = self._announced.get(key[0], (None, None))
        return labels if version == key[1] else None

    def _keep(self, record: Record) -> None:
        """Needs the lock."""
        report_id, version = record.content.report_id, record.content.version
        there = self._kept.get(report_id)
        if there and there.content.version > version:
            return
        self._size += record.size - (there.size if there else 0)
        self._kept[report_id] = record
        self._kept.move_to_end(report_id)
        if self._labels((report_id, version)) is not None:
            del self._announced[report_id]
        while self._size > self._capacity and len(self._kept) > 1:
            self._size -= self._kept.popitem(last=False)[1].size

    def _asked(
        self, keys: Iterable[Key], announced: Mapping[Key, Sequence[Label]]
    ) -> Iterator[tuple[Key, Record]]:
        asked = [ReportVersion(report_id=report_id, version=version) for report_id, version in keys]
        body = RecordsRequest(versions=tuple(asked)).model_dump_json().encode()
        try:
            with answered("ingest"):
                json = {"content-type": "application/json"}
                response = self._client.post(RECORDS_PATH, content=body, headers=json)
                response.raise_for_status()
        except NotFound as error:
            raise Unavailable(
                "This ingest is of an older release, which tells no records: bring it to this one."
            ) from error
        for told in Records.model_validate_json(response.content).records:
            key = (told.content.report_id, told.content.version)
            yield key, read(told.content, announced.get(key, told.labels))
