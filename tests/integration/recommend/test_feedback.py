"""Feedback: each voice once, none for oneself, and never more than a little."""

import datetime as dt
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from libs.database.engine import Database
from libs.database.sweeper import Sweeper
from libs.events.feedback import FeedbackRequest, Verdict
from libs.events.payloads import FeedbackGiven
from services.recommend.feedback.desk import forget_reasons
from services.recommend.feedback.scores import FeedbackPart, FeedbackScores
from services.recommend.feedback.voters import caller, forget_salts
from services.recommend.handlers import RecommendHandlers
from services.recommend.tables import FeedbackRow, OwnRow, SaltRow
from tests.integration.recommend.stage import METHOD, PARTNER, REPORT, Stage


def counted(stage: Stage) -> FeedbackPart:
    """The part that a restart would count."""
    scores = FeedbackScores(stage.database)
    scores.rebuild()
    return scores.part(REPORT)


def rows(stage: Stage) -> list[FeedbackRow]:
    with stage.database.read() as session:
        return list(session.scalars(select(FeedbackRow)))


def test_the_tables_are_those_of_the_models(own_database: Database) -> None:
    with own_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert list(compare_metadata(context, OwnRow.metadata)) == []


def test_a_verdict_is_kept_with_its_event_and_its_reason_stays(stage: Stage) -> None:
    answer = stage.give("tried", method=METHOD, reason="Anna\0 på torget", answer="a" * 32)
    assert answer.status_code == 202
    (row,) = rows(stage)
    assert (row.reason, row.method, row.anonymous) == ("Anna på torget", METHOD, True)
    assert "192.0.2.7" not in row.voter
    (event,) = stage.events()
    assert event["type"] == FeedbackGiven.TYPE
    assert event["data"] == {
        "report_id": REPORT,
        "version": 1,
        "feedback_id": answer.json()["id"],
        "verdict": "tried",
        "counted": True,
    }
    assert "Anna" not in json.dumps(event)
    assert stage.woken == 1


@pytest.mark.parametrize("key", [None, "k-1"])
def test_the_same_again_is_answered_with_the_first(stage: Stage, key: str | None) -> None:
    first = stage.give(key=key)
    again = stage.give(key=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    assert len(rows(stage)) == len(stage.events()) == stage.woken == 1


def test_a_key_is_for_one_request(stage: Stage) -> None:
    stage.give("useful", key="k-1")
    other = stage.give("tried", key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    # Under somebody else's it is another one.
    assert stage.give("tried", key="k-1", address="192.0.2.8").status_code == 202


def test_a_thousand_votes_of_one_client_are_one(stage: Stage) -> None:
    stage.give()
    one = counted(stage)
    for number in range(1_000):
        # All of one household's network, and each with a key of its own.
        stage.desk.give(
            FeedbackRequest(report_id=REPORT, version=1, verdict=Verdict.USEFUL),
            caller(None, "::ffff:192.0.2.7"),
            f"k-{number}",
        )
    assert counted(stage) == one
    assert one.value == pytest.approx(6 / 11)
    assert one.useful == 1


def test_addresses_of_one_household_are_one_voter_and_others_are_not(stage: Stage) -> None:
    addresses = ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1", None, "nonsense")
    told = [stage.give(address=address).status_code for address in addresses]
    assert told == [202, 200, 202, 202, 200]


def test_a_crowd_without_names_moves_a_report_so_far_and_no_further(stage: Stage) -> None:
    for number in range(200):
        stage.give(address=f"198.51.100.{number}")
    assert counted(stage).useful == 200
    assert counted(stage).value == pytest.approx(0.75)
    # Known voices are not drowned by it.
    for tenant in ("a", "b", "c", "d", "e"):
        stage.give("not_relevant", tenant=tenant)
    assert counted(stage).value == pytest.approx(15 / 25)


def test_a_partner_has_no_vote_on_its_own_report(stage: Stage) -> None:
    assert stage.give(tenant=PARTNER).status_code == 202
    assert counted(stage) == FeedbackPart()
    assert stage.events()[0]["data"]["counted"] is False
    stage.give(tenant="other")
    assert counted(stage).useful == 1


def test_only_what_is_there_is_voted_on(stage: Stage) -> None:
    assert stage.give(version=2).status_code == 404
    wrong = stage.give(method="Another's")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/method")
    assert stage.give("bad").status_code == 422
    assert stage.give(report_id="../x").status_code == 422
    assert stage.give(version=True).status_code == 422
    assert stage.give(email="a@example.org").status_code == 422
    assert rows(stage) == []


def test_what_the_events_say_is_what_a_restart_counts(stage: Stage) -> None:
    handlers = RecommendHandlers(None, None, stage.scores, None)  # type: ignore[arg-type]  # not asked
    verdicts = ("useful", "tried", "not_relevant", "tried")
    for number, verdict in enumerate(verdicts):
        stage.give(verdict, address=f"192.0.2.{number}")
    events = [FeedbackGiven.model_validate(event["data"]) for event in stage.events()]
    # Twice and backwards.
    for event in [*events, *reversed(events)]:
        handlers.on_feedback_given(event)
    assert stage.scores.part(REPORT) == counted(stage)
    assert stage.scores.part(REPORT) == FeedbackPart(
        value=pytest.approx((5 + 1 + 4) / (10 + 6)),  # type: ignore[arg-type]  # a float to compare with
        useful=1,
        tried=2,
        not_relevant=1,
    )
    assert stage.scores.part("other") == FeedbackPart()


def test_votes_at_one_time_are_one(stage: Stage) -> None:
    given = FeedbackRequest(report_id=REPORT, version=1, verdict=Verdict.TRIED)

    def vote(number: int) -> bool:
        return stage.desk.give(given, caller(None, "192.0.2.7"), f"k-{number}")[1]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(vote, range(16)))
    assert sum(told) == len(stage.events()) == 1


def test_yesterdays_voters_cannot_be_told_any_more(stage: Stage) -> None:
    stage.give()
    stage.now += dt.timedelta(days=1)
    assert stage.give().status_code == 202
    first, second = rows(stage)
    assert first.voter != second.voter
    clock: Callable[[], dt.datetime] = lambda: stage.now  # noqa: E731 - a value
    Sweeper(stage.database, clock, {forget_salts: dt.timedelta(hours=1)}).sweep()
    with stage.database.read() as session:
        assert session.scalars(select(SaltRow.day)).all() == [stage.now.date()]


NIGHT = dt.datetime(2026, 5, 4, 23, 59, tzinfo=dt.UTC)


@pytest.mark.parametrize("key", [None, "a-key"])
def test_a_request_sent_again_over_midnight_counts_once(stage: Stage, key: str | None) -> None:
    stage.now = NIGHT
    first = stage.give(key=key)
    stage.now += dt.timedelta(minutes=30)
    again = stage.give(key=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    assert counted(stage).useful == 1
    assert len(stage.events()) == 1


def test_with_its_key_it_does_so_for_a_day_from_another_network_too(stage: Stage) -> None:
    stage.now = NIGHT
    first = stage.give(key="a-key")
    stage.now += dt.timedelta(hours=20)
    assert stage.give(key="a-key", address="198.51.100.9").json() == first.json()
    # Another's request under the same key is her own.
    assert stage.give("tried", key="a-key", address="198.51.100.9").status_code == 202
    stage.now += dt.timedelta(hours=20)
    assert stage.give(key="a-key").status_code == 202


def test_a_tenant_s_key_is_its_own(stage: Stage) -> None:
    assert stage.give(key="a-key", tenant="kiruna").status_code == 202
    assert stage.give(key="a-key", tenant="lulea").status_code == 202
    assert stage.give(key="a-key").status_code == 202
    assert counted(stage).useful == 3


def test_a_reason_is_forgotten_and_its_verdict_counts_on(stage: Stage) -> None:
    stage.give("tried", reason="Anna på torget", key="a-key")
    stage.now += dt.timedelta(days=40)
    stage.give("useful", reason="Ny")
    clock: Callable[[], dt.datetime] = lambda: stage.now  # noqa: E731 - a value
    rules = {forget_reasons: dt.timedelta(days=30)}
    for _ in range(2):
        Sweeper(stage.database, clock, rules).sweep()
    kept = {row.verdict: row for row in rows(stage)}
    assert (kept["tried"].reason, kept["useful"].reason) == (None, "Ny")
    assert (kept["tried"].idempotency_key, kept["tried"].fingerprint) == (None, "")
    assert (counted(stage).tried, counted(stage).useful) == (1, 1)


def test_who_votes_too_fast_is_told_when_to_come_back(stage: Stage) -> None:
    stage.desk.pace.burst = 2
    told = [stage.give(verdict).status_code for verdict in ("useful", "tried", "not_relevant")]
    assert told == [202, 202, 429]
    assert stage.give().headers["retry-after"] == "1"
    # Others are not held by it, and after a second there is one more.
    assert stage.give(address="192.0.2.8").status_code == 202
    stage.seconds += 1
    assert stage.give("not_relevant").status_code == 202
