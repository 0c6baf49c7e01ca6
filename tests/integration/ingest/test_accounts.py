"""The account on a real database, beside a collection that the test fills as it likes."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.database.engine import Database
from libs.errors import Unavailable
from libs.events.account import (
    Discrepancy,
    IntakeAccount,
    Orphan,
    PassageCounts,
    PassageCountsRequest,
    Tallied,
    VersionPassages,
)
from libs.events.payloads import ReportRejected, ReportRemoved, ReportSubmitted
from libs.events.report import ReportStatus, ReportSubmission
from services.ingest.accounts import Accounts
from services.ingest.collection_comparison import CollectionComparer
from services.ingest.ledger import Scope
from services.ingest.rejections import internal_rejection
from services.ingest.repair import Repair
from tests.integration.ingest.stage import RESEND_AFTER, Stage, sent

DEADLINE = dt.timedelta(hours=1)


class FakeCollection:
    """Counts what it was told that there is, one version on each page."""

    def __init__(self) -> None:
        self.there: dict[tuple[str, int], int] = {}
        self.hidden: set[tuple[str, int]] = set()
        self.away = False
        self.meanwhile: Callable[[], object] = lambda: None

    def count(self, request: PassageCountsRequest) -> PassageCounts:
        if self.away:
            raise Unavailable("The service embed does not answer.")
        places = sorted(self.there)
        place = request.start.int if request.start else 0
        if place == 0:
            self.meanwhile()
        page = tuple(
            VersionPassages(
                report_id=key[0],
                version=key[1],
                passages=self.there[key],
                published=key not in self.hidden,
            )
            for key in places[place : place + 1]
        )
        following = UUID(int=place + 1) if place + 1 < len(places) else None
        return PassageCounts(counts=page, next=following)


class Books:
    """A stage with its account, and the events that move a report on."""

    def __init__(self, database: Database) -> None:
        self.stage = Stage(database)
        self.collection = FakeCollection()
        comparer = CollectionComparer(database, self.collection)
        self.accounts = Accounts(database, comparer, self.stage.clock, DEADLINE)
        self.hurried = 0
        self.repair = Repair(
            database,
            comparer,
            self.stage.record_of,
            self.stage.clock,
            DEADLINE,
            lambda: None,
            self._hurry,
        )

    def _hurry(self) -> None:
        self.hurried += 1

    def account(self, *, check: bool = True, **scope: object) -> IntakeAccount:
        return self.accounts.account(Scope(**scope), check=check)  # type: ignore[arg-type]

    def submit(self, external_id: str, words: str = "Text") -> ReportSubmitted:
        report = ReportSubmission(external_id=external_id, title="Titel", text=words)
        event = self.stage.submit(report)
        self.stage.handlers.on_report_submitted(event)
        return event

    def index(self, event: ReportSubmitted) -> ReportSubmitted:
        indexed = self.stage.indexed(event)
        self.stage.handlers.on_report_indexed(indexed)
        self.collection.there = {
            key: count
            for key, count in self.collection.there.items()
            if key[0] != event.report_id or key[1] > event.version
        } | {(event.report_id, event.version): indexed.passages}
        return event

    def reject(self, event: ReportSubmitted) -> ReportSubmitted:
        self.stage.handlers.on_report_rejected(
            ReportRejected(
                report_id=event.report_id,
                version=event.version,
                stage="index",
                rejection=internal_rejection(None).model_copy(update={"code": "no-text"}),
            )
        )
        return event

    def withdraw(self, event: ReportSubmitted, *, confirmed: bool = True) -> None:
        withdrawn = self.stage.intake.withdraw("norr", event.report_id)
        if confirmed:
            self.collection.there = {
                key: n for key, n in self.collection.there.items() if key[0] != event.report_id
            }
            self.stage.handlers.on_report_removed(
                ReportRemoved(report_id=event.report_id, version=withdrawn.version)
            )


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def test_nothing_handed_over_balances(books: Books) -> None:
    account = books.account()
    assert (account.partners, account.totals, account.balanced) == ((), Tallied(), True)
    assert account.collection.checked


def test_every_version_is_in_one_column(books: Books) -> None:
    books.index(books.submit("indexed"))
    books.reject(books.submit("rejected"))
    books.submit("in progress")
    books.withdraw(books.index(books.submit("withdrawn")))
    books.index(books.submit("replaced"))
    books.index(books.submit("replaced", "Ny"))
    # What was indexed is still found while the newer one waits, or was rejected.
    books.index(books.submit("waiting"))
    books.submit("waiting", "Ny")
    books.index(books.submit("worse"))
    books.reject(books.submit("worse", "Ny"))
    # This one was overtaken before it was indexed, that one withdrawn with all before it.
    books.submit("overtaken")
    books.index(books.submit("overtaken", "Ny"))
    books.index(books.submit("gone"))
    books.withdraw(books.index(books.submit("gone", "Ny")))
    account = books.account()
    assert account.totals == Tallied(
        accepted=14, indexed=5, rejected=2, in_progress=2, withdrawn=2, superseded=3
    )
    assert account.balanced
    assert account.collection.model_dump(exclude_defaults=True) == {
        "checked": True,
        "passages_expected": 16,  # of four; what is waiting is not compared
        "passages_found": 16,
    }


def test_a_version_sent_again_after_its_rejection_is_one_more(books: Books) -> None:
    books.reject(books.submit("1"))
    books.index(books.submit("1"))
    assert books.account().totals == Tallied(accepted=2, indexed=1, rejected=1)
    assert books.account().balanced


@pytest.mark.parametrize("table", ["report_versions", "report_status"])
def test_what_is_lost_from_the_record_is_noticed(books: Books, table: str) -> None:
    books.submit("1")
    with books.stage.database.write() as session:
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
    account = books.account()
    assert not account.balanced
    assert sorted(account.totals.model_dump().values()) == [0, 0, 0, 0, 0, 1]


def test_days_are_of_utc_and_can_be_chosen(books: Books) -> None:
    books.stage.now = dt.datetime(2026, 5, 4, 23, 59, 59, tzinfo=dt.UTC)
    books.index(books.submit("late"))
    books.stage.now = dt.datetime(2026, 5, 5, 0, 0, 0, tzinfo=dt.UTC)
    books.index(books.submit("early"))
    (partner,) = books.account().partners
    days = [dt.date(2026, 5, 4), dt.date(2026, 5, 5)]
    assert partner.partner == "norr"
    assert [(day.day, day.accepted, day.indexed) for day in partner.days] == [
        (day, 1, 1) for day in days
    ]
    for first, last, count in [
        (days[0], days[0], 1),
        (days[1], None, 1),
        (None, days[0], 1),
        (*days, 2),
        (dt.date(2026, 5, 6), None, 0),
    ]:
        account = books.account(first=first, last=last)
        assert account.totals == Tallied(accepted=count, indexed=count)
        assert account.collection.passages_expected == 4 * count
        assert account.collection.orphans == ()
    assert books.account(partner="söder").totals == Tallied()
    assert books.account(partner="norr").totals.accepted == 2


def test_what_is_past_its_deadline_is_missing(books: Books) -> None:
    waiting = books.submit("waiting")
    removing = books.index(books.submit("removing"))
    books.withdraw(removing, confirmed=False)
    books.index(books.submit("done"))
    assert books.account().missing == ()
    books.stage.now += DEADLINE
    account = books.account()
    assert [(m.report_id, m.version, m.status) for m in account.missing] == [
        (waiting.report_id, 1, ReportStatus.NORMALISED),
        (removing.report_id, 1, ReportStatus.WITHDRAWN),
    ]
    assert account.missing_total == 2
    assert account.balanced
    books.submit("waiting", "Ny")
    assert [m.report_id for m in books.account().missing] == [removing.report_id]


def test_a_collection_that_holds_something_else_is_told(books: Books) -> None:
    short, longer, none = (books.index(books.submit(name)) for name in ("a", "b", "c"))
    withdrawn, rejected = books.index(books.submit("w")), books.reject(books.submit("r"))
    books.withdraw(withdrawn)
    replaced = books.index(books.submit("d"))
    books.index(books.submit("d", "Ny"))
    there = books.collection.there
    there[short.report_id, 1] = 3
    there[longer.report_id, 1] = 5
    del there[none.report_id, 1]
    there |= {(event.report_id, 1): 2 for event in (withdrawn, rejected, replaced)}
    there["nobody", 7] = 1
    found = books.account().collection
    expected = {short.report_id: 3, longer.report_id: 5, none.report_id: 0}
    assert found.discrepancies == tuple(
        Discrepancy(report_id=report_id, version=1, expected=4, found=count)
        for report_id, count in sorted(expected.items())
    )
    statuses = {
        (withdrawn.report_id, 1): (2, ReportStatus.WITHDRAWN),
        (rejected.report_id, 1): (2, ReportStatus.REJECTED),
        (replaced.report_id, 1): (2, ReportStatus.INDEXED),
        ("nobody", 7): (1, None),
    }
    assert found.orphans == tuple(
        Orphan(report_id=key[0], version=key[1], passages=count, status=status)
        for key, (count, status) in sorted(statuses.items())
    )
    assert (found.passages_expected, found.passages_found) == (16, 3 + 5 + 0 + 4 + 7)
    assert (found.discrepancies_total, found.orphans_total) == (3, 4)


def test_passages_that_nobody_finds_are_not_there(books: Books) -> None:
    hidden, _ = books.index(books.submit("a")), books.index(books.submit("b"))
    books.collection.hidden.add((hidden.report_id, 1))
    found = books.account().collection
    (discrepancy,) = found.discrepancies
    assert discrepancy == Discrepancy(report_id=hidden.report_id, version=1, expected=4, found=0)
    assert (found.passages_found, found.orphans) == (4, ())


def test_a_report_that_moves_meanwhile_is_no_discrepancy(books: Books) -> None:
    moved = books.index(books.submit("moved"))
    still = books.index(books.submit("still"))
    books.collection.there.clear()
    books.collection.meanwhile = lambda: books.submit("moved", "Ny")
    found = books.account().collection
    assert [each.report_id for each in found.discrepancies] == [still.report_id]
    assert moved.report_id != still.report_id


def test_without_embed_the_account_is_given_all_the_same(books: Books) -> None:
    books.index(books.submit("1"))
    books.collection.away = True
    account = books.account()
    assert account.totals == Tallied(accepted=1, indexed=1)
    assert account.collection.model_dump(exclude_defaults=True) == {
        "checked": False,
        "reason": "The service embed does not answer.",
    }
    assert "not asked for" in (books.account(check=False).collection.reason or "")
    with pytest.raises(Unavailable):
        books.repair.repair(Scope())


def test_two_checks_at_once_are_one_too_many(books: Books) -> None:
    inner: list[IntakeAccount] = []
    books.collection.meanwhile = lambda: inner.append(books.account())
    assert books.account().collection.checked
    assert "another check" in (inner[0].collection.reason or "")


def test_a_collection_too_large_for_one_answer_is_told(database: Database) -> None:
    books = Books(database)
    for number in range(3):
        books.index(books.submit(str(number)))
    ticks = iter(range(0, 1_000, 10))
    comparer = CollectionComparer(database, books.collection, monotonic=lambda: next(ticks))
    with pytest.raises(Unavailable, match="one partner"):
        comparer.compare(Scope())


def test_a_repair_announces_what_differs_and_nothing_else(books: Books) -> None:
    short = books.index(books.submit("short"))
    books.index(books.submit("well"))
    worse = books.index(books.submit("worse"))
    books.reject(books.submit("worse", "Ny"))
    withdrawn = books.index(books.submit("withdrawn"))
    books.withdraw(withdrawn)
    replaced = books.index(books.submit("replaced"))
    books.index(books.submit("replaced", "Ny"))
    newer = books.index(books.submit("newer"))
    there = books.collection.there
    there[short.report_id, 1] = 1
    del there[worse.report_id, 1]
    there |= {(withdrawn.report_id, 1): 4, (replaced.report_id, 1): 4, (newer.report_id, 9): 4}
    there["nobody", 7] = 1
    before = len(sent(books.stage))
    done = books.repair.repair(Scope())
    assert sorted(sent(books.stage)[before:]) == [
        ("reports.accepted.v1", 1),  # newer
        ("reports.accepted.v1", 1),  # short
        ("reports.accepted.v1", 1),  # worse: its first version stands
        ("reports.accepted.v1", 2),  # replaced: embed removes the older one
        ("reports.withdrawn.v1", 1),  # withdrawn
        ("reports.withdrawn.v1", 7),  # nobody
        ("reports.withdrawn.v1", 9),  # newer: a version that the record does not know
    ]
    assert (done.announced, done.removed, done.sent_again) == (4, 3, 0)
    gone = ReportRemoved(report_id=newer.report_id, version=1)
    assert books.stage.handlers.on_report_removed(gone) == []
    assert books.stage.version(newer).status == ReportStatus.INDEXED


def test_a_repair_sends_what_is_missing_on_its_way_again(books: Books) -> None:
    books.submit("late")
    books.stage.now += DEADLINE
    books.submit("early")
    books.stage.reconciler.reconcile(as_of=books.stage.now)
    before = len(sent(books.stage))
    assert books.repair.repair(Scope()).sent_again == 1
    assert books.hurried == 1
    assert books.stage.reconciler.reconcile(as_of=books.stage.now) == 1
    assert sent(books.stage)[before:] == [("reports.submitted.v1", 1)]
    assert RESEND_AFTER < DEADLINE
