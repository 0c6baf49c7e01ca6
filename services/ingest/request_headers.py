"""The headers of a request as ingest reads them."""

from typing import Annotated

from fastapi import Depends, Header

from libs.events.headers import IDEMPOTENCY_KEY
from services.ingest.desk import Terms
from services.ingest.entity_tags import read_condition

Partner = Annotated[str, Header(alias="x-navigator-partner", pattern=r"^[a-z0-9-]{1,64}$")]
IdempotencyKey = Annotated[str | None, Header(pattern=IDEMPOTENCY_KEY)]
Tags = Annotated[list[str] | None, Header()]


def _if_none_match(if_none_match: Tags = None) -> str | None:
    # A list may come in several lines, which count as one (RFC 9110, 5.3).
    return ", ".join(if_none_match) if if_none_match else None


IfNoneMatch = Annotated[str | None, Depends(_if_none_match)]


def _terms(
    if_none_match: IfNoneMatch,
    partner: Partner = "local",
    idempotency_key: IdempotencyKey = None,
    if_match: Tags = None,
) -> Terms:
    key = idempotency_key.strip('"') if idempotency_key else None
    condition = read_condition(", ".join(if_match) if if_match else None, if_none_match)
    return Terms(partner, key, condition)


AskedTerms = Annotated[Terms, Depends(_terms)]
