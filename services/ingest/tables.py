"""The SQL record: what was handed over, what became of it, and every step on the way."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from libs.database.engine import UtcDateTime
from libs.database.mapping import Row


class ReportRow(Row):
    """A report: the one thing that has versions. `version` is the newest one.

    `folded_title` is that one's title as it is searched: without upper case in any language. It
    stands here and not beside the texts, past which SQLite would have to read. `as_of` is how new
    the newest word on the report is: the time of an event, or of a change by HTTP.
    """

    __tablename__ = "reports"
    __table_args__ = (
        # Not unique: the id is made of partner, source and external id (docs/adr/0010), and a
        # B-tree of PostgreSQL holds no key as long as an external id may be.
        Index("ix_reports_external_id", "external_id", postgresql_using="hash"),
        Index("ix_reports_created_at", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partner: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(1_000))
    source: Mapped[str | None] = mapped_column(String(64))
    folded_title: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    as_of: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class VersionRow(Row):
    """One version: what was handed over (`submission`), what was made of it (`content`).

    `labels` are what sorting found out; None until it has, and where an older embed indexed it.

    `resend_at` and `resends` are the reconciler's. `removed_at` is for withdrawn versions: when
    embed said that their passages are gone.
    """

    __tablename__ = "report_versions"
    __table_args__ = (
        ForeignKeyConstraint(["report_id"], ["reports.id"]),
        Index("ix_report_versions_status", "status", "resend_at"),
        Index("ix_report_versions_updated_at", "updated_at", "report_id"),
    )

    report_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(1_000))
    submission: Mapped[dict[str, Any]] = mapped_column(JSON)
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    status: Mapped[str] = mapped_column(String(20))
    passages: Mapped[int | None]
    rejection: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    labels: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    submitted_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    resend_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    resends: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class DocumentRow(Row):
    """An original of a version; `number` counts a version's documents from 0.

    It stands in the database so that record, documents and outbox are one transaction
    (docs/adr/0003).
    """

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["report_id", "version"], ["report_versions.report_id", "report_versions.version"]
        ),
    )

    report_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class StatusRow(Row):
    """One step of a report's history; `seq` counts from 1 within the report."""

    __tablename__ = "report_status"
    __table_args__ = (ForeignKeyConstraint(["report_id"], ["reports.id"]),)

    report_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    trace_id: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


class FacetRow(Row):
    """Something that a report's newest version is about, for the filters of the list."""

    __tablename__ = "report_facets"
    __table_args__ = (
        ForeignKeyConstraint(["report_id"], ["reports.id"]),
        Index("ix_report_facets_value", "kind", "value", "report_id"),
    )

    report_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(100), primary_key=True)


class IdempotencyKeyRow(Row):
    """An answer that was given under a partner's key to a request of this fingerprint."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    partner: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class HandledLetterRow(Row):
    """A dead letter that an operator has dealt with, and how; Kafka itself cannot forget one.

    `fingerprint` tells the letter from another at the same place of a broker that was lost.
    """

    __tablename__ = "handled_letters"

    topic: Mapped[str] = mapped_column(String(249), primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(1_000))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class HandledEventRow(Row):
    """An event of a partner that was handled for a report; without `effect` it changed nothing."""

    __tablename__ = "handled_events"
    __table_args__ = (
        ForeignKeyConstraint(["report_id"], ["reports.id"]),
        Index("ix_handled_events_at", "effect", "at"),
    )

    report_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    effect: Mapped[bool]
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
