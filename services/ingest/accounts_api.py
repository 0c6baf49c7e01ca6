"""The account over HTTP."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query

from libs.errors import FieldError, InvalidInput
from libs.events.account import IntakeAccount, Repaired
from services.ingest.accounts import Accounts
from services.ingest.ledger import Scope
from services.ingest.repair import Repair

Whose = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{1,64}$")]
Day = Annotated[dt.date | None, Query(ge=dt.date(2000, 1, 1), le=dt.date(2999, 12, 31))]
FirstDay = Annotated[Day, Query(alias="from")]
LastDay = Annotated[Day, Query(alias="to")]


def account_routes(accounts: Accounts, repair: Repair) -> APIRouter:
    """The router. Repairing is for operators, and is not passed on by the gateway."""
    router = APIRouter()

    @router.get("/v1/accounts/intake")
    def intake_account(
        *,
        partner: Whose = None,
        first: FirstDay = None,
        last: LastDay = None,
        check: bool = True,
    ) -> IntakeAccount:
        return accounts.account(_scope(partner, first, last), check=check)

    @router.post("/internal/accounts/intake/repair", status_code=202)
    def repair_intake(
        *, partner: Whose = None, first: FirstDay = None, last: LastDay = None
    ) -> Repaired:
        return repair.repair(_scope(partner, first, last))

    return router


def _scope(partner: str | None, first: dt.date | None, last: dt.date | None) -> Scope:
    if first is not None and last is not None and last < first:
        raise InvalidInput(
            "The days end before they begin. Give `from` and `to` in that order.",
            errors=(FieldError("/query/to", "Before `from`"),),
        )
    return Scope(partner=partner, first=first, last=last)
