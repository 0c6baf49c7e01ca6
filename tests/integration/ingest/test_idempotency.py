"""The same request under the same key is carried out once, whatever happens to the first."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text

from libs.bus.record import Record
from libs.database.engine import Database
from libs.database.sweeper import Sweeper
from libs.errors import Conflict, Unavailable
from libs.events.envelope import EventPayload
from libs.events.report import ReportSubmission
from services.ingest.answers import Answer
from services.ingest.desk import Desk, Terms
from services.ingest.idempotency import IdempotencyKeys, forget_keys
from services.ingest.intake import Intake
from services.ingest.tables import IdempotencyKeyRow, VersionRow
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage

REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")
BODY = {"external_id": "1", "title": "Titel", "text": "Text"}
KEEP = dt.timedelta(days=1)


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def post(stage: Stage, key: str = "k", partner: str = "norr", **request: Any) -> httpx.Response:
    headers = {"idempotency-key": key, "x-navigator-partner": partner}
    return ask(
        stage, "POST", "/v1/reports", headers=headers | request.pop("headers", {}), **request
    )


def count(stage: Stage, table: type) -> int:
    with stage.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def assert_replayed(first: httpx.Response, again: httpx.Response) -> None:
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]


def test_the_first_answer_is_given_again(stage: Stage) -> None:
    first = post(stage, json=BODY)
    assert first.status_code == 202
    # Without the key this would be version 3 by now, and the answer to it 200.
    post(stage, key="other", json=BODY | {"text": "Ny"})
    post(stage, key="third", json=BODY)
    assert_replayed(first, post(stage, json=BODY))
    assert count(stage, VersionRow) == 3
    assert len(stage.committed) == 3


def test_a_form_is_the_same_whatever_its_boundary(stage: Stage) -> None:
    def form(text: bytes) -> dict[str, Any]:
        return {
            "files": {
                "document": ("a.txt", text, "text/plain"),
                "metadata": (None, '{"title": "Titel"}'),
            }
        }

    first, again = post(stage, **form(b"Vi gick ut")), post(stage, **form(b"Vi gick ut"))
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert_replayed(first, again)
    assert post(stage, **form(b"Vi gick in")).status_code == 422


def test_another_request_under_the_key_is_refused(stage: Stage) -> None:
    first = post(stage, json=BODY)
    for answer in (
        post(stage, json=BODY | {"text": "Ny"}),
        ask(
            stage,
            "DELETE",
            first.headers["location"],
            headers={"idempotency-key": "k", "x-navigator-partner": "norr"},
        ),
    ):
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency-key-reused"
        assert answer.json()["errors"][0]["pointer"] == "/header/idempotency-key"
    assert count(stage, VersionRow) == 1
    assert stage.receipt(first.json()["report_id"]).status.value == "accepted"


def test_keys_are_a_partner_s_own(stage: Stage) -> None:
    assert post(stage, json=BODY).status_code == 202
    answer = post(stage, partner="syd", json=BODY | {"text": "Ny"})
    assert answer.status_code == 202
    assert "idempotent-replayed" not in answer.headers


def test_a_withdrawal_is_remembered_too(stage: Stage) -> None:
    location = post(stage, json=BODY).headers["location"]
    headers = {"idempotency-key": "bort", "x-navigator-partner": "norr"}
    first = ask(stage, "DELETE", location, headers=headers)
    assert first.status_code == 200
    post(stage, key="igen", json=BODY)
    again = ask(stage, "DELETE", location, headers=headers)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.content == first.content
    assert ask(stage, "GET", location).json()["status"] == "accepted"


def test_what_was_refused_does_not_use_the_key_up(stage: Stage) -> None:
    assert post(stage, json={"title": "Utan text"}).status_code == 422
    refused = post(stage, json=BODY, headers={"if-match": '"7.x"'})
    assert refused.status_code == 412
    assert post(stage, json=BODY).status_code == 202


@pytest.mark.parametrize("key", ["", "two words", "å", "x" * 256, '"', '""', 'a"b'])
def test_what_is_no_key_is_refused(stage: Stage, key: str) -> None:
    headers = [(b"idempotency-key", key.encode())]
    answer = ask(stage, "POST", "/v1/reports", json=BODY, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/header/idempotency-key"


def test_a_key_with_the_quotes_of_the_standard_is_the_same_key(stage: Stage) -> None:
    assert_replayed(post(stage, json=BODY), post(stage, key='"k"', json=BODY))


def test_a_key_is_kept_for_its_time(stage: Stage) -> None:
    post(stage, json=BODY)
    sweeper = Sweeper(stage.database, stage.clock, {forget_keys: KEEP})
    stage.now += KEEP - dt.timedelta(seconds=1)
    sweeper.sweep()
    assert post(stage, json=BODY).headers["idempotent-replayed"] == "true"
    stage.now += dt.timedelta(seconds=2)
    answer = post(stage, json=BODY | {"text": "Ny"})
    assert (answer.status_code, answer.json()["version"]) == (202, 2)
    stage.now += KEEP
    sweeper.sweep()
    assert count(stage, IdempotencyKeyRow) == 0


class Held:
    """Somebody's submission under a key, which stops in the middle of its transaction."""

    def __init__(self, stage: Stage, desk_of: Callable[[Intake], Desk]) -> None:
        self._arrived, self._go = threading.Event(), threading.Event()
        self._stage = stage
        intake = Intake(
            stage.database, self._record_of, stage.clock, stage.intake.resend_after, lambda _: None
        )
        self.desk = desk_of(intake)
        self.answers: list[Answer | Exception] = []
        self._threads: list[threading.Thread] = []

    def _record_of(self, payload: EventPayload) -> Record:
        self._arrived.set()
        assert self._go.wait(20)
        return self._stage.record_of(payload)

    def submit(self, desk: Desk) -> None:
        try:
            self.answers.append(desk.submit(Terms("norr", "k"), REPORT, ()))
        except (Conflict, Unavailable) as error:
            self.answers.append(error)

    def start(self) -> None:
        self.submit_aside(self.desk)
        assert self._arrived.wait(20)

    def submit_aside(self, desk: Desk) -> None:
        self._threads.append(threading.Thread(target=self.submit, args=(desk,)))
        self._threads[-1].start()

    def finish(self) -> None:
        self._go.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()


def test_while_the_first_is_carried_out_the_second_is_told_to_come_back(stage: Stage) -> None:
    keys = IdempotencyKeys(stage.clock, KEEP)
    held = Held(stage, lambda intake: Desk(intake, keys))
    held.start()
    with pytest.raises(Conflict) as refused:
        held.desk.submit(Terms("norr", "k"), REPORT, ())
    assert refused.value.code == "in-progress"
    assert refused.value.retryable
    assert refused.value.retry_after == 1.0
    held.finish()
    (first,) = held.answers
    assert isinstance(first, Answer)
    assert held.desk.submit(Terms("norr", "k"), REPORT, ()) == first.replayed()
    assert count(stage, VersionRow) == 1


def test_two_replicas_carry_it_out_once(stage: Stage) -> None:
    held = Held(stage, lambda intake: Desk(intake, IdempotencyKeys(stage.clock, KEEP)))
    other = Desk(stage.intake, IdempotencyKeys(stage.clock, KEEP))
    held.start()
    held.submit_aside(other)
    held.finish()
    # SQLite's second writer waits and finds the answer; PostgreSQL's may be told to come back.
    found = [answer for answer in held.answers if isinstance(answer, Answer)]
    assert {answer.body for answer in found} == {found[0].body}
    assert count(stage, VersionRow) == 1
    assert other.submit(Terms("norr", "k"), REPORT, ()).headers["idempotent-replayed"] == "true"


def test_ten_at_once_are_carried_out_once(stage: Stage) -> None:
    desk = Desk(stage.intake, IdempotencyKeys(stage.clock, KEEP))
    barrier = threading.Barrier(10)
    answers: list[Answer] = []
    refused: list[Conflict] = []

    def submit() -> None:
        barrier.wait(10)
        try:
            answers.append(desk.submit(Terms("norr", "k"), REPORT, ()))
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=submit) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) + len(refused) == 10
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1
    assert count(stage, VersionRow) == 1


def test_a_request_that_failed_halfway_leaves_its_key_free(stage: Stage) -> None:
    def broken(_payload: EventPayload) -> Record:
        raise RuntimeError("a bug")

    keys = IdempotencyKeys(stage.clock, KEEP)
    intake = Intake(
        stage.database, broken, stage.clock, stage.intake.resend_after, stage.committed.append
    )
    with pytest.raises(RuntimeError):
        Desk(intake, keys).submit(Terms("norr", "k"), REPORT, ())
    assert (count(stage, VersionRow), count(stage, IdempotencyKeyRow)) == (0, 0)
    assert Desk(stage.intake, keys).submit(Terms("norr", "k"), REPORT, ()).status == 202


def test_a_process_that_dies_leaves_its_key_free(stage: Stage) -> None:
    if stage.database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite holds nothing for a process but the lock on the file")
    held = Held(stage, lambda intake: Desk(intake, IdempotencyKeys(stage.clock, KEEP)))
    held.start()
    with stage.database.engine.connect() as connection:
        # What the server does for a client that is gone.
        died = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE state = 'idle in transaction' AND datname = current_database()"
            )
        )
        assert died.all()
    other = Desk(stage.intake, IdempotencyKeys(stage.clock, KEEP))
    assert other.submit(Terms("norr", "k"), REPORT, ()).status == 202
    held.finish()
    assert [type(answer) for answer in held.answers] == [Unavailable]
