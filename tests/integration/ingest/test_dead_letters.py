"""The desk where dead letters are dealt with: a real broker, a real database, HTTP."""

import asyncio
import base64
import datetime as dt
import gc
import os
import threading
import uuid
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.bus.dead_letters import DeadLetterReader
from libs.bus.local_broker import LocalBroker
from libs.bus.producer import EventProducer
from libs.bus.record import Record
from libs.bus.settings import BusSettings
from libs.clock import utc_now
from libs.database.engine import Database
from libs.database.sweeper import Sweeper
from libs.errors import Unavailable
from libs.runtime.problems import install_problem_handlers
from libs.telemetry import names
from services.ingest.dead_letters import DeadLetterDesk, Wanted
from services.ingest.dead_letters_api import dead_letter_routes
from services.ingest.handled_letters import forget_marks, handled_marks
from tests.contract.bus.stage import free_port, settings_for

LETTERS = "/internal/dead-letters"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusSettings]:
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        yield settings_for(given)
        return
    with LocalBroker(tmp_path_factory.mktemp("broker"), free_port()) as broker:
        yield settings_for(broker.bootstrap)


class Office:
    """A desk with one partner's topic, and what was sent there."""

    def __init__(self, settings: BusSettings, database: Database) -> None:
        self.topic = f"partner.{uuid.uuid4().hex}.reports.v1"
        self.dead = self.topic + ".dlq"
        self.producer = EventProducer(settings, "test")
        self.sent: list[Record] = []
        self.refuse: list[Exception] = []
        self.reader = DeadLetterReader(settings, "test")
        self.desk = DeadLetterDesk(database, self.reader, self._send, utc_now)
        self.app = FastAPI()
        install_problem_handlers(self.app)
        self.app.include_router(dead_letter_routes(self.desk))

    def _send(self, records: Sequence[Record]) -> None:
        if self.refuse:
            raise self.refuse.pop()
        self.producer.send(records)
        self.sent += records

    def bury(self, *values: bytes, code: str = "no-title", **headers: bytes) -> None:
        dead = {names.HEADER_DEAD_CODE: code.encode(), **headers}
        self.producer.send([Record(self.dead, "k\udcff", v, (*dead.items(),)) for v in values])

    def ask(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
                return await client.request(method, LETTERS + path, **more)

        return asyncio.run(asked())

    def listed(self, **parameters: str) -> list[dict[str, Any]]:
        answer = self.ask("GET", params={"topic": self.dead, **parameters})
        assert answer.status_code == 200, answer.text
        assert answer.json()["complete"]
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def place(self, number: int = 0) -> str:
        """The path of a letter that waits."""
        return "/" + self.listed()[number]["id"].replace(":", "/")


@pytest.fixture
def office(settings: BusSettings, database: Database) -> Iterator[Office]:
    office = Office(settings, database)
    yield office
    office.producer.close()
    with warnings.catch_warnings():
        # kafka-python leaves sockets to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def test_letters_are_listed_newest_last_and_filtered(office: Office) -> None:
    office.bury(b"1", b"2", b"3")
    office.bury(b"4", code="internal")
    assert [item["size"] for item in office.listed()] == [1] * 4
    (item,) = office.listed(code="internal")
    assert item["id"] == f"{office.dead}:{item['partition']}:{item['offset']}"
    assert (item["key"], item["attempts"], item["retried"]) == ("k?", None, 0)
    assert office.listed(limit="2") == office.listed()[-2:]
    answer = office.ask("GET", params={"topic": office.dead, "limit": "2"}).json()
    assert answer["total"] == 4
    assert office.listed(topic="reports.accepted.v1.dlq") == []


def test_a_letter_is_shown_with_its_bytes(office: Office) -> None:
    office.bury(b'{"title": "T"}', mine=b"\xff")
    office.bury(b"\xff\x00")
    text, raw = (office.ask("GET", office.place(n)).json() for n in (0, 1))
    assert (text["text"], raw["text"]) == ('{"title": "T"}', None)
    assert base64.b64decode(raw["value"]) == b"\xff\x00"
    assert ["mine", "\N{REPLACEMENT CHARACTER}"] in text["headers"]
    assert text["handled"] is None


def test_a_letter_is_sent_back_once(office: Office) -> None:
    office.bury(b"1")
    place = office.place()
    assert office.ask("POST", f"{place}/retry").json() == {
        "retried": 1,
        "failed": {},
        "complete": True,
    }
    (sent,) = office.sent
    assert (sent.topic, sent.key, sent.value) == (office.topic, "k\udcff", b"1")
    assert dict(sent.headers) == {names.HEADER_RETRIED: b"1"}
    assert office.listed() == []
    assert office.ask("GET", place).json()["handled"]["verdict"] == "retried"
    refused = office.ask("POST", f"{place}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "letter-handled")
    assert office.ask("POST", f"{place}/drop", json={"reason": "x"}).status_code == 409
    assert office.ask("POST", f"{place}/retry?again=true").status_code == 200
    assert len(office.sent) == 2


def test_a_letter_is_dropped_with_a_reason(office: Office) -> None:
    office.bury(b"1")
    place = office.place()
    for wrong in ("", "x" * 1_001, "\x00"):
        answer = office.ask("POST", f"{place}/drop", json={"reason": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert office.ask("POST", f"{place}/drop", json={"reason": "a test"}).status_code == 204
    handled = office.ask("GET", place).json()["handled"]
    assert (handled["verdict"], handled["reason"]) == ("dropped", "a test")
    assert office.listed() == []
    assert office.ask("POST", "/retry", params={"topic": office.dead}).json()["retried"] == 0
    assert office.sent == []


def test_all_letters_are_sent_back_but_those_without_their_message(office: Office) -> None:
    office.bury(*(f"{n}".encode() for n in range(20)))
    office.bury(b"other", code="internal")
    office.bury(b"", **{names.HEADER_DEAD_LEFT_OUT: b"2000000"})
    wanted = {"topic": office.dead, "code": "no-title"}
    done = office.ask("POST", "/retry", params=wanted).json()
    assert (done["retried"], done["complete"]) == (20, True)
    (why,) = done["failed"].values()
    assert "2000000" in why
    assert sorted(int(record.value) for record in office.sent) == list(range(20))
    assert [item["code"] for item in office.listed()] == ["internal", "no-title"]
    assert office.ask("POST", "/retry", params=wanted).json()["retried"] == 0


def test_what_was_not_sent_is_sent_the_next_time(office: Office) -> None:
    office.bury(b"1", b"2", b"3")
    office.refuse = [Unavailable("the broker is lost")]
    assert office.ask("POST", "/retry", params={"topic": office.dead}).status_code == 503
    assert len(office.listed()) == 3
    assert office.ask("POST", "/retry", params={"topic": office.dead}).json()["retried"] == 3


def test_marks_are_forgotten_after_their_letters(office: Office, database: Database) -> None:
    office.bury(b"1")
    assert office.ask("POST", f"{office.place()}/drop", json={"reason": "x"}).status_code == 204
    kept = dt.timedelta(days=60)

    def sweep(after: dt.timedelta) -> None:
        Sweeper(database, lambda: utc_now() + after, {forget_marks: kept}).sweep()

    sweep(kept - dt.timedelta(minutes=1))
    assert office.listed() == []
    sweep(kept)
    with database.read() as session:
        assert handled_marks(session) == set()


class Killed(BaseException):
    """Stands for a process that ends between the broker's answer and our mark."""


def test_a_retry_that_was_cut_short_is_made_again(office: Office, database: Database) -> None:
    office.bury(b"1")
    (letter,) = office.listed()
    place = (letter["topic"], letter["partition"], letter["offset"])

    def send_and_die(records: Sequence[Record]) -> None:
        office.sent += records
        raise Killed

    desk = DeadLetterDesk(database, office.reader, send_and_die, utc_now)
    with pytest.raises(Killed):
        desk.retry(*place)
    assert len(office.listed()) == 1
    assert office.desk.retry(*place).retried == 1
    assert [record.value for record in office.sent] == [b"1", b"1"]


def test_two_who_send_all_letters_back_at_once_send_each_once(office: Office) -> None:
    office.bury(*(f"{n}".encode() for n in range(30)))
    counts: list[int] = []

    def retry() -> None:
        counts.append(office.desk.retry_all(Wanted(office.dead)).retried)

    threads = [threading.Thread(target=retry) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(counts) == [0, 0, 30]
    assert sorted(int(record.value) for record in office.sent) == list(range(30))


def test_two_replicas_may_mark_one_letter(office: Office, database: Database) -> None:
    office.bury(*(f"{n}".encode() for n in range(10)))
    desks = [DeadLetterDesk(database, office.reader, office.desk.send, utc_now) for _ in "ab"]
    failures: list[Exception] = []

    def retry(desk: DeadLetterDesk) -> None:
        try:
            desk.retry_all(Wanted(office.dead))
        except Exception as error:  # noqa: BLE001 - a thread's errors are looked at below
            failures.append(error)

    threads = [threading.Thread(target=retry, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert office.listed() == []
    assert {int(record.value) for record in office.sent} == set(range(10))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/other.topic.dlq/0/0", 404),
        ("/reports.accepted.v1.dlq/0/5", 404),
        ("/reports.accepted.v1/0/0", 404),
        ("/reports.accepted.v1.dlq/-1/0", 422),
        ("/reports.accepted.v1.dlq/0/99999999999999999999", 422),
        ("/reports.accepted.v1.dlq/x/0", 422),
        ("?limit=0", 422),
    ],
)
def test_wrong_questions_are_answered(office: Office, path: str, status: int) -> None:
    assert office.ask("GET", path).status_code == status
