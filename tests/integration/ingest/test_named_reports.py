"""Reports under their partners' own names: made, replaced, found and withdrawn at one address."""

import threading
import unicodedata
from typing import Any

import httpx
import pytest

from libs.database.engine import Database
from libs.events.payloads import ReportRejected, ReportSubmitted
from libs.runtime.paths import path_segment
from services.ingest.identity import report_id
from tests.hard_ids import HARD_IDS
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage

BODY = {"title": "Titel", "text": "Text"}


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def address(external_id: str, source: str = "diva") -> str:
    return f"/v1/sources/{source}/reports/{path_segment(external_id)}"


def put(stage: Stage, external_id: str = "1", **body: Any) -> httpx.Response:
    return ask(stage, "PUT", address(external_id), json=BODY | body)


def test_the_first_the_same_and_a_changed_one(stage: Stage) -> None:
    first, same, changed = put(stage), put(stage), put(stage, text="Ny")
    assert [answer.status_code for answer in (first, same, changed)] == [202, 200, 202]
    assert [answer.json()["version"] for answer in (first, same, changed)] == [1, 1, 2]
    assert len({answer.headers["location"] for answer in (first, same, changed)}) == 1
    assert (first.json()["source"], first.json()["external_id"]) == ("diva", "1")
    found = ask(stage, "GET", address("1"))
    assert found.json() == changed.json()
    assert found.headers["content-location"] == first.headers["location"]
    assert found.headers["etag"] == changed.headers["etag"]


def test_a_document_comes_in_the_same_way(stage: Stage) -> None:
    files = {"document": ("a.txt", b"Vi gick ut", "text/plain")}
    answer = ask(stage, "PUT", address("1"), files=files)
    assert answer.status_code == 202
    assert answer.json()["document"]["filename"] == "a.txt"
    assert ask(stage, "PUT", address("1"), files=files).status_code == 200


@pytest.mark.parametrize("external_id", HARD_IDS, ids=range(len(HARD_IDS)))
def test_an_id_is_the_same_on_every_path(stage: Stage, external_id: str) -> None:
    posted = ask(
        stage, "POST", "/v1/reports", json=BODY | {"source": "s", "external_id": external_id}
    )
    assert posted.status_code == 202, posted.text
    path = posted.json()["links"]["external"]
    assert path == address(external_id, "s")
    assert ask(stage, "PUT", path, json=BODY).status_code == 200
    assert ask(stage, "GET", path).json()["external_id"] == external_id
    listed = ask(stage, "GET", "/v1/reports", params={"external_id": external_id, "source": "s"})
    assert [item["report_id"] for item in listed.json()["items"]] == [posted.json()["report_id"]]
    assert ask(stage, "DELETE", path).json()["status"] == "withdrawn"
    assert ask(stage, "GET", path).status_code == 410


def test_percent_escapes_may_be_more_than_are_needed(stage: Stage) -> None:
    put(stage, "a-b/c d")
    every = "".join(f"%{byte:02x}" for byte in b"a-b/c d")
    for written in ("a-b%2Fc%20d", "a-b/c%20d", every):
        answer = ask(stage, "GET", f"/v1/sources/diva/reports/{written}")
        assert answer.json()["external_id"] == "a-b/c d"


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/sources/diva/reports/%ff", "/path"),
        ("/v1/sources/diva/reports/", "/path/external_id"),
        ("/v1/sources/diva/reports/%20", "/path/external_id"),
        ("/v1/sources/diva/reports/" + "x" * 1_001, "/path/external_id"),
        ("/v1/sources/två/reports/1", "/path/source"),
        ("/v1/sources/.hidden/reports/1", "/path/source"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_cannot_be_a_name_is_refused(
    stage: Stage, method: str, path: str, pointer: str
) -> None:
    more = {"json": BODY} if method == "PUT" else {}
    answer = ask(stage, method, path, **more)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_the_body_says_the_same_name_or_none(stage: Stage) -> None:
    same = ask(stage, "PUT", address("1"), json=BODY | {"external_id": "1", "source": "diva"})
    assert same.status_code == 202
    other = ask(stage, "PUT", address("1"), json=BODY | {"external_id": "2", "source": "x"})
    assert other.status_code == 422
    found = {error["pointer"] for error in other.json()["errors"]}
    assert found == {"/external_id", "/source"}
    form = {
        "document": ("a.txt", b"text", "text/plain"),
        "metadata": (None, '{"title": "T", "external_id": "2"}'),
    }
    other = ask(stage, "PUT", address("1"), files=form)
    assert [error["pointer"] for error in other.json()["errors"]] == ["/metadata/external_id"]


def test_sources_and_partners_do_not_meet(stage: Stage) -> None:
    ids = {
        ask(
            stage,
            "PUT",
            address("1", source),
            json=BODY,
            headers={"x-navigator-partner": partner},
        ).json()["report_id"]
        for source in ("diva", "Arkiv_2.0")
        for partner in ("norr", "syd")
    }
    ids.add(ask(stage, "POST", "/v1/reports", json=BODY | {"external_id": "1"}).json()["report_id"])
    assert len(ids) == 5
    other = ask(stage, "GET", address("1"), headers={"x-navigator-partner": "mitt"})
    assert other.status_code == 404
    assert ask(stage, "DELETE", address("2")).status_code == 404


def test_reports_without_a_source_keep_their_ids() -> None:
    # From the release before there were sources.
    assert report_id("norr", "1", "d") == "858de546-0418-5113-9958-0b58ec9cadd8"
    assert report_id("norr", None, "d") == "be9b5374-d79e-5d1b-a83c-905e6a8268ec"
    assert report_id("norr", None, "d", "diva") == "be9b5374-d79e-5d1b-a83c-905e6a8268ec"


def test_a_withdrawn_one_leaves_its_receipt_and_can_come_again(stage: Stage) -> None:
    location = put(stage).headers["location"]
    for _ in range(2):
        answer = ask(stage, "DELETE", address("1"))
        assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    gone = ask(stage, "GET", address("1"))
    assert gone.status_code == 410
    assert location in gone.json()["detail"]
    for part in ("/content", "/document"):
        assert ask(stage, "GET", f"{location}{part}").status_code == 410
    assert ask(stage, "GET", location).json()["status"] == "withdrawn"
    again = put(stage)
    assert (again.status_code, again.json()["version"]) == (202, 2)


def test_what_was_rejected_can_be_sent_again_as_it_was(stage: Stage) -> None:
    files = {"document": ("tom.html", b"<p> </p>", "text/html")}
    first = ask(stage, "PUT", address("1"), files=files).json()
    event = ReportSubmitted(report_id=first["report_id"], version=1, partner="local")
    (rejected,) = stage.handlers.on_report_submitted(event)
    assert isinstance(rejected, ReportRejected)
    stage.handlers.on_report_rejected(rejected)
    assert ask(stage, "GET", address("1")).json()["rejection"]["code"] == "no-text"
    again = ask(stage, "PUT", address("1"), files=files)
    assert (again.status_code, again.json()["version"]) == (202, 2)


def test_eight_at_once_are_versions_in_a_row(stage: Stage) -> None:
    # FastAPI makes an app in one thread only.
    assert ask(stage, "GET", address("1")).status_code == 404
    barrier = threading.Barrier(8)
    answers: list[httpx.Response] = []

    def replace(number: int) -> None:
        barrier.wait(10)
        body = BODY | {"text": f"Text {number % 4}"}
        answers.append(ask(stage, "PUT", address("1"), json=body))

    threads = [threading.Thread(target=replace, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {answer.status_code for answer in answers} <= {200, 202}
    made = sorted(a.json()["version"] for a in answers if a.status_code == 202)
    assert made == list(range(1, len(made) + 1))
    assert len(made) >= 4
    assert ask(stage, "GET", address("1")).json()["version"] == made[-1]


def test_ids_in_two_forms_of_unicode_are_two_ids(stage: Stage) -> None:
    apart = "e\u0301"
    whole = unicodedata.normalize("NFC", apart)
    assert len({put(stage, each).json()["report_id"] for each in (apart, whole)}) == 2


def test_head_is_get_without_the_body(stage: Stage) -> None:
    location = put(stage).headers["location"]
    for path in (address("1"), location, "/v1/reports", f"{location}/versions"):
        answer, head = ask(stage, "GET", path), ask(stage, "HEAD", path)
        assert head.status_code == answer.status_code == 200
        assert head.headers == answer.headers
