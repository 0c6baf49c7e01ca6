"""The record of challenges that the collection holds nothing for."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from libs.clock import Clock
from libs.database.engine import Database
from libs.events.listing import NeedCursor, read_cursor
from libs.events.unmet import ToldNeed, ToldPage, UnmetQuery
from libs.language.detection import LanguageDetector
from services.recommend.tables import UnmetNeedRow, UnmetThemeRow
from services.recommend.unmet.stripping import without_persons

MOST_THEMES = 5
LIKELY_ENOUGH = 0.5
# 50 MB at most, whoever asks for what, and however fast.
MOST_A_DAY = 10_000


@dataclass(frozen=True, slots=True)
class UnmetNeeds:
    """Keeps needs without who had them, and tells them. Raises Unavailable without a database."""

    database: Database
    clock: Clock
    detector: LanguageDetector
    most: int = MOST_A_DAY

    def record(
        self,
        challenge: str,
        *,
        language: str | None = None,
        themes: Sequence[str] = (),
        country: str | None = None,
        size_class: str | None = None,
    ) -> None:
        """Keep a need; the same again on the same day (UTC) is the same one.

        `themes` are slugs, the nearest first, of which the first five are kept. `language`,
        `country` and `size_class` are the asker's where they are known; a language that is not
        is detected. It is one commit: about a millisecond. Beyond `most` a day none is kept.
        """
        # NUL is the one character that PostgreSQL does not take.
        text = " ".join(without_persons(challenge.replace("\0", "")).split())
        tag = language or self.detector.likeliest(text, at_least=LIKELY_ENOUGH) or ""
        today = self.clock().date()
        told = (text.casefold(), country or "", size_class or "")
        row = UnmetNeedRow(
            day=today,
            digest=hashlib.sha256("\0".join(told).encode(errors="replace")).hexdigest(),
            text=text,
            language=_primary(tag),
            country=country or "",
            size_class=size_class or "",
        )
        # Another replica may keep the same one at this moment: then it is kept.
        with suppress(IntegrityError), self.database.write() as session:
            if not _known(session, today, row.digest) and _count(session, today) < self.most:
                session.add(row)
                session.flush()
                near = list(dict.fromkeys(themes))[:MOST_THEMES]
                session.add_all(
                    UnmetThemeRow(seq=row.seq, theme=theme, place=place)
                    for place, theme in enumerate(near)
                )

    def page(self, wanted: UnmetQuery) -> ToldPage:
        """A page of them, oldest first. Raises InvalidInput for a cursor that is none."""
        after = read_cursor(wanted.cursor, NeedCursor).seq if wanted.cursor else 0
        statement = select(UnmetNeedRow).where(UnmetNeedRow.seq > after)
        if wanted.country:
            statement = statement.where(UnmetNeedRow.country == wanted.country)
        if wanted.language:
            statement = statement.where(UnmetNeedRow.language == _primary(wanted.language))
        if wanted.since:
            statement = statement.where(UnmetNeedRow.day >= wanted.since)
        if wanted.theme:
            near = select(UnmetThemeRow.seq).where(UnmetThemeRow.theme == wanted.theme)
            statement = statement.where(UnmetNeedRow.seq.in_(near))
        with self.database.read() as session:
            # One more than wanted tells whether there is a page behind.
            rows = session.scalars(
                statement.order_by(UnmetNeedRow.seq).limit(wanted.limit + 1)
            ).all()
            shown = rows[: wanted.limit]
            themes = _themes(session, [row.seq for row in shown])
        more = len(rows) > len(shown)
        return ToldPage(
            items=tuple(_told(row, themes.get(row.seq, ())) for row in shown),
            next=NeedCursor(seq=shown[-1].seq).encode() if more else None,
        )


def forget_needs(session: Session, before: dt.datetime) -> None:
    """Forget the needs of the days before a moment's."""
    old = select(UnmetNeedRow.seq).where(UnmetNeedRow.day < before.date())
    session.execute(delete(UnmetThemeRow).where(UnmetThemeRow.seq.in_(old)))
    session.execute(delete(UnmetNeedRow).where(UnmetNeedRow.day < before.date()))


def _primary(tag: str) -> str:
    """`sv` for `sv-FI`."""
    return tag.partition("-")[0]


def _count(session: Session, day: dt.date) -> int:
    counted = select(func.count()).select_from(UnmetNeedRow).where(UnmetNeedRow.day == day)
    return session.scalar(counted) or 0


def _known(session: Session, day: dt.date, digest: str) -> bool:
    there = select(UnmetNeedRow.seq).where(UnmetNeedRow.day == day, UnmetNeedRow.digest == digest)
    return session.scalar(there) is not None


def _themes(session: Session, seqs: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row in session.scalars(
        select(UnmetThemeRow).where(UnmetThemeRow.seq.in_(seqs)).order_by(UnmetThemeRow.place)
    ):
        found[row.seq] = (*found.get(row.seq, ()), row.theme)
    return found


def _told(row: UnmetNeedRow, themes: tuple[str, ...]) -> ToldNeed:
    return ToldNeed(
        day=row.day,
        language=row.language or None,
        country=row.country or None,
        themes=themes,
        text=row.text,
        size_class=row.size_class or None,
    )
