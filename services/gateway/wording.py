"""Numbers, dates, places and names as a visitor's language writes them."""

import datetime as dt
import math
from collections.abc import Sequence
from urllib.parse import quote

from libs.events.report import (
    Budget,
    DocumentInfo,
    Period,
    Place,
    Provenance,
    Result,
    Section,
)
from libs.taxonomy.labels import Kind, label
from services.gateway.translations import Translation

NO_BREAK = "\N{NO-BREAK SPACE}"
# Years and small figures are read better in one piece.
_GROUP_FROM = 10_000
_NS_PER_MS = 1_000_000
_MS_PER_S = 1_000


class Wording:
    """Writes values in the words of one translation."""

    def __init__(self, texts: Translation) -> None:
        self._texts = texts

    def number(self, value: float | str) -> str:
        """A figure with the language's decimal sign; text stays as it is."""
        if isinstance(value, str):
            return value
        if not math.isfinite(value):
            return str(value)
        # Every figure of an amount counts, and none that a float's storage adds.
        whole, _, fraction = f"{abs(value):.6f}".rstrip("0").partition(".")
        if int(whole) >= _GROUP_FROM:
            whole = f"{int(whole):,}".replace(",", self._texts("format.thousands"))
        sign = "\N{MINUS SIGN}" if value < 0 else ""
        decimals = self._texts("format.decimal") + fraction if fraction else ""
        return f"{sign}{whole}{decimals}"

    def figure(self, result: Result) -> str:
        """A result's value with its unit; empty when it has no value."""
        if result.value is None:
            return ""
        return NO_BREAK.join(filter(None, (self.number(result.value), result.unit)))

    def money(self, budget: Budget) -> str:
        """An amount with its currency."""
        return f"{self.number(budget.amount)}{NO_BREAK}{budget.currency}"

    def size(self, count: int) -> str:
        """A document's size from its number of bytes."""
        kilobytes = max(1, round(count / 1_000))
        if kilobytes < 1_000:  # noqa: PLR2004 - a megabyte
            return f"{kilobytes}{NO_BREAK}kB"
        return f"{self.number(round(kilobytes / 1_000, 1))}{NO_BREAK}MB"

    def duration(self, ns: int) -> str:
        """A duration given in nanoseconds, in milliseconds or seconds."""
        ms = ns / _NS_PER_MS
        if ms >= _MS_PER_S:
            return f"{self.number(round(ms / _MS_PER_S, 2))}{NO_BREAK}s"
        return f"{self.number(round(ms, 1 if ms >= 1 else 2))}{NO_BREAK}ms"

    def date(self, day: dt.date) -> str:
        """A day."""
        return day.strftime(self._texts("format.date"))

    def years(self, period: Period) -> str:
        """A period's years: `2018-2020` with a dash, `2018-` while it goes on."""
        first = period.start.year if period.start else None
        last = period.end.year if period.end else None
        if first == last:
            return str(first or "")
        return f"{first or ''}\N{EN DASH}{last or ''}"

    def days(self, period: Period) -> str:
        """A period's first and last day."""
        first = self.date(period.start) if period.start else ""
        last = self.date(period.end) if period.end else ""
        return f"{first} \N{EN DASH} {last}".strip() if first or last else ""

    def country(self, code: str) -> str:
        """A country's name; its code (ISO 3166) where the translations have no name."""
        return self._texts.get(f"country.{code}", code)

    def place(self, place: Place) -> str:
        """A place and its country."""
        return ", ".join(filter(None, (place.name, self.country(place.country))))

    def standing(self, section: Section, documents: Sequence[DocumentInfo]) -> str:
        """Where a section stands: its document, when there are several, and its page."""
        names = {each.number: each.filename for each in documents} if len(documents) > 1 else {}
        name = names.get(section.document) if section.document is not None else None
        page = self._texts("quote.page", page=section.page) if section.page else None
        return ", ".join(filter(None, (name, page)))

    def origin(self, provenance: Provenance) -> str:
        """Where a field that its partner did not give comes from."""
        if provenance.confidence is not None:
            # Rounded down, for nothing that was inferred is quite certain.
            percent = math.floor(provenance.confidence * 100)
            return self._texts("origin.inferred", percent=percent)
        named = (provenance.source or "").endswith("/filename")
        return self._texts("origin.filename" if named else "origin.extracted")

    def language(self, tag: str) -> str:
        """A language's name; its tag (BCP 47) where the translations have no name."""
        return self._texts.get(f"language.{tag.partition('-')[0]}", tag)

    def label(self, kind: Kind, key: str | int) -> str:
        """A theme's, target group's or goal's label."""
        return label(kind, key, self._texts.language)


def mail_address(email: str) -> str:
    """A `mailto:` address in which nothing but the address can be said: no subject, no copy."""
    return "mailto:" + quote(email, safe="@")
