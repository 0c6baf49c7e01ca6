"""`navigator account`: every accepted report accounted for."""

import datetime as dt
import time
from typing import Annotated

import typer
from rich.table import Table

from libs.events.account import CollectionCheck, IntakeAccount, Tallied
from navigator.ingest_client import IngestClient, IngestUrl, Parameters, ingest
from navigator.terminal import AsJson, console, print_json

COLUMNS = tuple(Tallied.model_fields)
MOST_SHOWN = 20
# A repair of a few reports takes seconds. It is asked for anew in between, because what goes
# wrong once, such as a newer version that had to be removed first, needs a second one.
REPAIR_S = 60.0
REPAIR_AGAIN_S = 15.0
LOOK_S = 1.0


def account(
    partner: Annotated[str | None, typer.Option(help="Only this partner's reports.")] = None,
    first: Annotated[
        dt.datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day of handing over (UTC)."),
    ] = None,
    last: Annotated[
        dt.datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of handing over (UTC)."),
    ] = None,
    check: Annotated[
        bool, typer.Option(help="Compare with the passages that are really in the collection.")
    ] = True,
    repair: Annotated[
        bool, typer.Option("--repair", help="First bring the collection back to the record.")
    ] = False,
    url: IngestUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what was handed over, by partner and day, and that none of it was lost.

    Exit code 1 if the account does not balance, a report is past its deadline, or the collection
    holds other passages than the record says, or could not be asked.
    """
    scope = _scope(partner, first, last)
    with ingest(url) as client:
        if repair:
            _repair(client, scope, quiet=as_json)
        found = client.account(scope, check=check)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found)
    if not _well(found, check=check):
        raise typer.Exit(1)


def _scope(partner: str | None, first: dt.datetime | None, last: dt.datetime | None) -> Parameters:
    days = {"from": first, "to": last}
    given = {name: f"{day:%Y-%m-%d}" for name, day in days.items() if day is not None}
    return given | ({"partner": partner} if partner is not None else {})


def _repair(client: IngestClient, scope: Parameters, *, quiet: bool) -> None:
    """Ask for repairs until all is well, for a minute at most."""
    end = time.monotonic() + REPAIR_S
    while not _well(client.account(scope), check=True) and time.monotonic() < end:
        done = client.repair(scope)
        if not quiet:
            console.print(
                f"repair: {done.announced} reports announced again, passages of {done.removed} "
                f"to be removed, {done.sent_again} unfinished ones sent again",
                highlight=False,
            )
        again = time.monotonic() + REPAIR_AGAIN_S
        while not _well(client.account(scope), check=True) and time.monotonic() < again:
            time.sleep(LOOK_S)


def _well(account: IntakeAccount, *, check: bool) -> bool:
    collection = account.collection
    differs = collection.discrepancies_total + collection.orphans_total
    known = collection.checked or not check
    return account.balanced and not account.missing_total and not differs and known


def _print(account: IntakeAccount) -> None:
    table = Table(box=None, show_footer=True, pad_edge=False)
    table.add_column("partner", footer="in all", overflow="fold")
    table.add_column("day (UTC)", min_width=10, no_wrap=True)
    for column in COLUMNS:
        heading = "open" if column == "in_progress" else column
        total = str(getattr(account.totals, column))
        table.add_column(heading, footer=total, justify="right", no_wrap=True)
    for partner in account.partners:
        for day in partner.days:
            counts = [str(getattr(day, column)) for column in COLUMNS]
            style = None if day.balanced else "red"
            table.add_row(partner.partner, str(day.day), *counts, style=style)
    console.print(table)
    console.print()
    _tell("balances" if account.balanced else "DOES NOT BALANCE: a record is lost or damaged")
    late = [
        f"{each.report_id} version {each.version}: {each.status}, since {each.since:%Y-%m-%d %H:%M}"
        for each in account.missing
    ]
    _tell_list(f"past the deadline of {account.deadline_s:.0f} s", late, account.missing_total)
    _print_collection(account.collection)


def _print_collection(collection: CollectionCheck) -> None:
    if not collection.checked:
        _tell(f"collection not checked: {collection.reason}")
        return
    _tell(
        f"passages in the collection: {collection.passages_expected} expected, "
        f"{collection.passages_found} found"
    )
    differing = [
        f"{each.report_id} version {each.version}: {each.expected} expected, {each.found} found"
        for each in collection.discrepancies
    ]
    orphans = [
        f"{each.report_id} version {each.version}: {each.passages}, "
        + (f"{each.status} in the record" if each.status else "not in the record")
        for each in collection.orphans
    ]
    _tell_list("reports with other passages", differing, collection.discrepancies_total)
    _tell_list("versions whose passages should not be there", orphans, collection.orphans_total)


def _tell_list(what: str, lines: list[str], total: int) -> None:
    _tell(f"{what}: {total or 'none'}")
    for line in lines[:MOST_SHOWN]:
        _tell(f"  {line}")
    if total > MOST_SHOWN:
        _tell(f"  … and {total - MOST_SHOWN} more; --json has up to 1,000 of them")


def _tell(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
