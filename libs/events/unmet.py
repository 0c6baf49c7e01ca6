"""Challenges that nothing was found for: what is still to be learnt."""

import datetime as dt
from typing import Annotated

from pydantic import Field

from libs.events.listing import PageQuery
from libs.events.recommendation import Answer
from libs.events.report import CountryCode, LanguageTag, Slug


class UnmetQuery(PageQuery):
    """Which needs, and which page of them, oldest first."""

    country: Annotated[CountryCode | None, Field(description="Of whoever asked.")] = None
    theme: Annotated[Slug | None, Field(description="One of those near the need.")] = None
    language: Annotated[LanguageTag | None, Field(description="Of the question.")] = None
    since: Annotated[
        dt.date | None,
        # As for the account: no engine's calendar is asked for more.
        Field(
            ge=dt.date(2000, 1, 1), le=dt.date(2999, 12, 31), description="The first day, in UTC."
        ),
    ] = None


class UnmetNeed(Answer):
    """A challenge that was asked on a day, once however often, and what it is about."""

    day: dt.date
    language: str | None
    country: str | None
    themes: Annotated[tuple[str, ...], Field(description="Those near to it, the nearest first.")]


class UnmetPage(Answer):
    """One page of needs; `next` is the cursor of the page behind it."""

    items: tuple[UnmetNeed, ...]
    next: str | None


class ToldNeed(UnmetNeed):
    """The same with what only those who run Navigator may read."""

    text: str
    size_class: str | None


class ToldPage(Answer):
    """One page of needs with their texts."""

    items: tuple[ToldNeed, ...]
    next: str | None
