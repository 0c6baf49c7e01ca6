"""Did every promise come true, once? Judged by receipts, the account and the index itself."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from libs.events.account import IntakeAccount
from libs.events.listing import ReportPage
from libs.events.report import Receipt, ReportStatus
from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec, PassageFilter, PassageIndex
from tests.chaos.platform import SplitPlatform
from tests.chaos.stories import Promise
from tests.e2e.processes import collection

# Longer than consumers take to look at their lag anew, so that an event under way is seen.
QUIET_S: Final = 2.5
LOOK_S: Final = 0.1
# What ingest has still to send, and the withdrawals that embed has not confirmed.
WAITING: Final = """
    SELECT (SELECT count(*) FROM outbox)
         + (SELECT count(*) FROM report_versions
            WHERE status = 'withdrawn' AND removed_at IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """In words, each about one report."""

    lost: tuple[str, ...]
    duplicated: tuple[str, ...]


def await_quiet(platform: SplitPlatform, promises: Collection[Promise], within: float) -> float:
    """Wait until nothing happens any more; returns the moment (monotonic) when that began.

    After the deadline it returns too: what is not finished then counts as lost.
    """
    deadline = time.monotonic() + within
    since: float | None = None
    while True:
        now = time.monotonic()
        if not _quiet(platform, promises):
            since = None
        elif since is None:
            since = now
        elif now - since > QUIET_S:
            return since
        if now > deadline:
            return now
        time.sleep(LOOK_S)


def judge(platform: SplitPlatform, promises: Collection[Promise]) -> Verdict:
    """Compare what was promised with what there is. The platform is stopped for it."""
    receipts = {receipt.report_id: receipt for receipt in _receipts(platform)}
    with platform.installation.client() as client:
        answer = client.get("/v1/accounts/intake").raise_for_status()
    account = IntakeAccount.model_validate_json(answer.content)
    platform.stop()
    with closing(_index(collection(platform.data))) as index:
        found = _compared(promises, receipts, index)
    if _balances(account):
        return found
    return Verdict((*found.lost, f"the account: {account.model_dump_json()}"), found.duplicated)


def _balances(account: IntakeAccount) -> bool:
    """True when nothing is missing or under way, and the collection is as the record says."""
    troubles = (
        account.totals.in_progress,
        account.missing_total,
        account.collection.discrepancies_total,
        account.collection.orphans_total,
    )
    return account.balanced and account.collection.checked and not any(troubles)


def _compared(
    promises: Collection[Promise], receipts: Mapping[str, Receipt], index: PassageIndex
) -> Verdict:
    lost, duplicated = [], []
    for promise in promises:
        receipt = receipts.get(promise.report_id)
        if receipt is None:
            lost.append(f"{promise}: there is no such report")
            continue
        told = f"{promise}: v{receipt.version} is {receipt.status}, {receipt.passages} passages"
        here = PassageFilter({"report_id": [promise.report_id]})
        newest = PassageFilter({"report_id": [promise.report_id], "version": [receipt.version]})
        due = receipt.passages or 0 if receipt.status is ReportStatus.INDEXED else 0
        if receipt.status != promise.outcome or receipt.version < promise.version:
            lost.append(told)
        if index.count(newest) < due:
            lost.append(f"{told}, {index.count(newest)} in the index")
        if index.count(here) > due:
            duplicated.append(f"{told}, {index.count(here)} in the index")
        # What was refused and is sent again after a lost answer is judged again.
        if receipt.version > promise.version and promise.outcome is not ReportStatus.REJECTED:
            duplicated.append(told)
    strangers = receipts.keys() - {promise.report_id for promise in promises}
    duplicated += [f"report {each} was promised to nobody" for each in strangers]
    return Verdict(tuple(lost), tuple(duplicated))


def _quiet(platform: SplitPlatform, promises: Collection[Promise]) -> bool:
    try:
        final = {r.report_id for r in _receipts(platform) if r.status.final}
    except httpx.HTTPError:
        return False
    if not final.issuperset(promise.report_id for promise in promises):
        return False
    with closing(sqlite3.connect(platform.data / "navigator.db")) as connection:
        waiting = connection.execute(WAITING).fetchone()[0]
    return not waiting and not platform.lag()


def _receipts(platform: SplitPlatform) -> Iterator[Receipt]:
    with platform.installation.client() as client:
        parameters = {"limit": "200"}
        while True:
            answer = client.get("/v1/reports", params=parameters).raise_for_status()
            page = ReportPage.model_validate_json(answer.content)
            yield from page.items
            if page.next is None:
                return
            parameters["cursor"] = page.next


def _index(folder: Path) -> PassageIndex:
    spec = CollectionSpec(**json.loads((folder / "collection.json").read_bytes()))
    return EdgePassageIndex.open(folder, spec)
