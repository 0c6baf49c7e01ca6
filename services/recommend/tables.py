"""Recommend's own tables: feedback on reports, and challenges that nothing was found for."""

import datetime as dt

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from libs.database.engine import UtcDateTime
from libs.database.outbox import OutboxRow


class OwnRow(DeclarativeBase):
    """Parent of recommend's table classes: they stand in another database than ingest's."""


# The outbox is the same in every database that has one, and each makes its own.
OutboxRow.metadata.tables["outbox"].to_metadata(OwnRow.metadata)


class FeedbackRow(OwnRow):
    """One verdict on one report by one voter.

    `voter` is a tenant, or a hash that nobody can undo once the day's salt is forgotten. `counted`
    is False for a tenant's word on its own report. `reason` never leaves this table; some day it is
    forgotten, with the key and the fingerprint (then empty) of the request that gave it.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        # Begins with the report, by which feedback is counted, too.
        UniqueConstraint("report_id", "verdict", "voter"),
        UniqueConstraint("voter", "idempotency_key"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    report_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20))
    voter: Mapped[str] = mapped_column(String(80))
    anonymous: Mapped[bool]
    counted: Mapped[bool]
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    method: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(String(32))
    challenge: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class SaltRow(OwnRow):
    """The secret of one day, with which that day's callers are told apart."""

    __tablename__ = "salts"

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)


class UnmetNeedRow(OwnRow):
    """A challenge that the collection holds nothing for; unknown country or size: empty."""

    __tablename__ = "unmet_needs"
    __table_args__ = (UniqueConstraint("day", "digest"), Index("ix_unmet_needs_country", "country"))

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    day: Mapped[dt.date] = mapped_column(Date)
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(35))
    country: Mapped[str] = mapped_column(String(2))
    size_class: Mapped[str] = mapped_column(String(64))


class UnmetThemeRow(OwnRow):
    """A theme near an unmet need; `place` 0 is the nearest."""

    __tablename__ = "unmet_need_themes"
    __table_args__ = (Index("ix_unmet_need_themes_theme", "theme", "seq"),)

    seq: Mapped[int] = mapped_column(ForeignKey("unmet_needs.seq"), primary_key=True)
    theme: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[int]
