"""Fills a database at any revision with rows as ingest left them then.

Tables and columns that are not known here are filled by their types and foreign keys, so that a
new migration needs no new lines.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, MetaData, Table

from libs.events.report import ReportSubmission
from services.ingest.identity import report_id

Contents = dict[str, list[dict[str, Any]]]

PARTNER = "norr"
LONG_AGO = dt.datetime(2025, 3, 1, 9, 30, tzinfo=dt.UTC)
SUBMISSION = ReportSubmission(external_id="1", title="Titel", text="Text")
# As the first release computed it. Were it computed otherwise one day, every report that a
# partner sends again would become a new version of itself.
DIGEST = "de7b7afa86660195fb0a272f2827a5dfe2ae7309b91a24787592d667a6838bb6"
REJECTION = {"code": "no-text", "reason_en": "No text.", "reason_sv": "Ingen text.", "hint": "!"}
ORIGINAL = b"%PDF-1.7\x00\xff" * 1_000
# What can stand in a record: by external id, the statuses of the report's versions.
HISTORIES: Mapping[str, Sequence[str]] = {
    "1": ("indexed",),
    "2": ("accepted",),
    "3": ("indexed", "normalised"),
    "4": ("rejected", "rejected"),
    "5": ("indexed", "withdrawn"),
}
_BY_TYPE: Sequence[tuple[type[sa.types.TypeEngine[Any]], Callable[[int], object]]] = (
    (sa.Boolean, lambda _: True),
    (sa.Integer, lambda number: number + 1),
    (sa.Numeric, lambda number: number + 0.5),
    (sa.DateTime, lambda _: LONG_AGO),
    (sa.JSON, lambda number: {"values": ["värde", number]}),
    (sa.LargeBinary, lambda _: ORIGINAL),
)


def fill(connection: Connection) -> Contents:
    """Put rows into every table; returns them as the database gives them back."""
    made: Contents = {}
    for table in _tables(connection):
        known = list(_known(table.name))
        # Two rows of what is not known: the second shows what a first one hides.
        made[table.name] = [
            _inserted(connection, table, _completed(table, row, number, made, sparse=bool(known)))
            for number, row in enumerate(known or [{}, {}])
        ]
    return contents(connection)


def contents(connection: Connection) -> Contents:
    """All rows of all tables, read without the ORM."""
    return {
        table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
        for table in _tables(connection)
    }


def _tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _inserted(connection: Connection, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    key = connection.execute(sa.insert(table).values(row)).inserted_primary_key or ()
    return dict(zip((column.name for column in table.primary_key), key, strict=True)) | row


def _completed(
    table: Table, row: Mapping[str, Any], number: int, made: Contents, *, sparse: bool
) -> dict[str, Any]:
    """The row with all that it must have; if not `sparse`, with all that it can have."""
    whole = {name: value for name, value in row.items() if value is not None}
    for key in table.foreign_key_constraints:
        parents = made[key.referred_table.name]
        for element in key.elements:
            parent = parents[number % len(parents)]
            whole.setdefault(element.parent.name, parent[element.column.name])
    for column in table.columns:
        left_out = column.server_default is not None or (sparse and column.nullable)
        if column.name not in whole and not left_out and column is not table.autoincrement_column:
            whole[column.name] = _value(column, number)
    return whole


def _value(column: Column[Any], number: int) -> object:
    if isinstance(column.type, sa.String):
        return f"{number}-{column.name}"[: column.type.length]
    for kind, value in _BY_TYPE:
        if isinstance(column.type, kind):
            return value(number)
    raise AssertionError(f"{column} has a type that is not filled here: {column.type!r}")


def _known(table: str) -> Iterator[dict[str, Any]]:
    for external_id, statuses in HISTORIES.items():
        report = report_id(PARTNER, external_id, "")
        if table == "reports":
            yield _report(report, external_id, len(statuses))
        for version, status in enumerate(statuses, 1):
            if table == "report_versions":
                yield _version(report, external_id, version, status)
            if table == "report_status":
                yield _status(report, version, status)
            if table == "documents" and external_id != "1":
                yield _document(report, version)
    if table == "outbox":
        yield from _events()


def _report(report: str, external_id: str, version: int) -> dict[str, Any]:
    return {
        "id": report,
        "partner": PARTNER,
        "external_id": external_id,
        "version": version,
        "created_at": LONG_AGO,
    }


def _version(report: str, external_id: str, version: int, status: str) -> dict[str, Any]:
    finished = status in {"normalised", "indexed"}
    title = {"external_id": external_id, "title": SUBMISSION.title}
    return {
        "report_id": report,
        "version": version,
        "digest": DIGEST if external_id == "1" else f"{external_id}.{version}",
        "title": SUBMISSION.title,
        "submission": title | ({"text": SUBMISSION.text} if external_id == "1" else {}),
        "content": title | {"sections": [{"text": "Åtta ord.", "page": 2}]} if finished else None,
        "status": status,
        "passages": 1 if status == "indexed" else None,
        "rejection": REJECTION if status == "rejected" else None,
        "submitted_at": LONG_AGO,
        "updated_at": LONG_AGO,
        "resend_at": LONG_AGO,
        "resends": 0,
    }


def _status(report: str, version: int, status: str) -> dict[str, Any]:
    return {
        "report_id": report,
        "seq": version,
        "version": version,
        "status": status,
        "at": LONG_AGO,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "detail": {"passages": 1} if status == "indexed" else {},
    }


def _document(report: str, version: int) -> dict[str, Any]:
    return {
        "report_id": report,
        "version": version,
        "filename": "Årsrapport.pdf",
        "media_type": "application/pdf",
        "size": len(ORIGINAL),
        "sha256": "0" * 64,
        "content": ORIGINAL,
    }


def _events() -> Iterator[dict[str, Any]]:
    for number in range(3):
        yield {
            "topic": "reports.submitted.v1",
            "key": report_id(PARTNER, str(number), ""),
            "value": b'{"specversion": "1.0"}',
            "headers": {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            "created_at": LONG_AGO,
        }
