"""What stands in a partner's topic is taken in as if it had come by HTTP, and once."""

import base64
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from libs.database.engine import Database
from libs.database.sweeper import Sweeper
from libs.errors import FieldError, InvalidInput, Overloaded, UnsupportedFormat
from libs.events.envelope import CloudEvent
from libs.events.partner import read_partner_event
from libs.events.partner_topics import FromPartner
from libs.events.payloads import ReportRejected
from libs.events.report import Receipt, Rejection, ReportMetadata, ReportStatus, ReportSubmission
from services.ingest.deliveries import forget_events
from services.ingest.identity import report_id
from services.ingest.intake import Document
from services.ingest.partner_reports import PartnerReports
from services.ingest.tables import HandledEventRow
from tests.integration.ingest.stage import Stage, sent

NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
REPORT: dict[str, object] = {"external_id": "2021-04", "title": "Byabussen", "text": "Den kör."}
MOST = 3
REPORT_ID = report_id("norr", "2021-04", "")
REJECTION = Rejection(code="no-text", reason_en="No text.", reason_sv="Ingen text.", hint="Add it.")


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


@pytest.fixture
def partners(stage: Stage) -> PartnerReports:
    return PartnerReports(stage.intake, MOST)


def event(
    number: int, data: dict[str, object], *, kind: str = "report.submitted", **changes: Any
) -> FromPartner:
    """The numbered event of partner `norr`; a higher number is a later event."""
    fields = {
        "id": f"event-{number}",
        "source": "/partners/norr",
        "type": kind,
        "time": NOON + dt.timedelta(minutes=number),
        "data": data,
    }
    return FromPartner("norr", read_partner_event(CloudEvent.model_validate(fields | changes)))


def taken_back(number: int, **which: object) -> FromPartner:
    return event(number, which or {"external_id": "2021-04"}, kind="report.withdrawn")


def inline(content: bytes, filename: str, media_type: str | None = None) -> dict[str, object]:
    encoded = base64.b64encode(content).decode()
    found = {"filename": filename, "content": encoded}
    return found | ({"media_type": media_type} if media_type else {})


def receipt(stage: Stage) -> Receipt:
    return stage.receipt(REPORT_ID)


def reject(stage: Stage, version: int) -> None:
    stage.handlers.on_report_rejected(
        ReportRejected(report_id=REPORT_ID, version=version, stage="index", rejection=REJECTION)
    )


def test_it_is_the_same_report_as_by_http(stage: Stage, partners: PartnerReports) -> None:
    assert partners.on_partner_event(event(1, REPORT)) == []
    assert sent(stage) == [("reports.submitted.v1", 1)]
    assert stage.committed == [REPORT_ID]
    _, created = stage.intake.submit("norr", ReportSubmission.model_validate(REPORT))
    assert not created


def test_a_document_is_the_same_as_by_http(stage: Stage, partners: PartnerReports) -> None:
    content = "# Grannar\n\nVi lärde varandra.".encode()
    data = {"title": "Grannar", "documents": [inline(content, "C:/x/slut.md", "text/markdown")]}
    partners.on_partner_event(event(1, data))
    same = Document("slut.md", "text/markdown", content)
    _, created = stage.intake.submit("norr", ReportMetadata(title="Grannar"), [same])
    assert not created


def test_the_history_tells_which_event_it_was(stage: Stage, partners: PartnerReports) -> None:
    partners.on_partner_event(event(1, REPORT))
    assert receipt(stage).history[0].detail == {
        "event_source": "/partners/norr",
        "event_id": "event-1",
        "event_time": "2026-05-04T12:01:00+00:00",
    }


def test_a_new_event_with_other_content_is_a_new_version(
    stage: Stage, partners: PartnerReports
) -> None:
    for number, text in enumerate(["one", "two", "two", "one"]):
        partners.on_partner_event(event(number, REPORT | {"text": text}))
    assert receipt(stage).version == 3


def test_delivered_again_nothing_happens(stage: Stage, partners: PartnerReports) -> None:
    first = event(1, REPORT)
    partners.on_partner_event(first)
    partners.on_partner_event(first)
    assert (receipt(stage).version, len(sent(stage))) == (1, 1)


def test_delivered_again_after_its_rejection_nothing_happens(
    stage: Stage, partners: PartnerReports
) -> None:
    first = event(1, REPORT)
    partners.on_partner_event(first)
    reject(stage, 1)
    partners.on_partner_event(first)
    assert (receipt(stage).version, receipt(stage).status) == (1, ReportStatus.REJECTED)
    # The same content in a new event is sent on purpose.
    partners.on_partner_event(event(2, REPORT))
    assert receipt(stage).version == 2


def test_a_broker_that_delivers_everything_again_changes_nothing(
    stage: Stage, partners: PartnerReports
) -> None:
    everything = [
        event(1, REPORT),
        event(2, REPORT | {"text": "Den kör oftare."}),
        taken_back(3),
        event(4, REPORT),
    ]
    for each in everything:
        partners.on_partner_event(each)
    before = receipt(stage)
    for each in everything:
        partners.on_partner_event(each)
    assert receipt(stage) == before
    assert (before.version, before.status) == (3, ReportStatus.ACCEPTED)


def test_an_event_that_was_overtaken_does_not_undo_the_later_one(
    stage: Stage, partners: PartnerReports
) -> None:
    partners.on_partner_event(event(5, REPORT | {"text": "new"}))
    for late in (event(4, REPORT | {"text": "old"}), taken_back(3)):
        with pytest.raises(InvalidInput) as raised:
            partners.on_partner_event(late)
        assert raised.value.code == "out-of-date"
        assert "2026-05-04T12:05:00+00:00" in str(raised.value)
    assert (receipt(stage).version, receipt(stage).status) == (1, ReportStatus.ACCEPTED)


def by_http(stage: Stage, text: str = "Den kör.") -> None:
    stage.intake.submit("norr", ReportSubmission.model_validate(REPORT | {"text": text}))


@pytest.mark.parametrize("late", [event(4, REPORT | {"text": "old"}), taken_back(4)])
def test_an_event_that_waited_does_not_undo_what_came_by_http(
    stage: Stage, partners: PartnerReports, late: FromPartner
) -> None:
    partners.on_partner_event(event(1, REPORT))
    stage.now = NOON + dt.timedelta(minutes=5)
    by_http(stage, "corrected")
    with pytest.raises(InvalidInput) as raised:
        partners.on_partner_event(late)
    assert raised.value.code == "out-of-date"
    assert (receipt(stage).version, receipt(stage).status) == (2, ReportStatus.ACCEPTED)


def test_an_event_that_waited_does_not_undo_a_withdrawal_by_http(
    stage: Stage, partners: PartnerReports
) -> None:
    by_http(stage)
    stage.now = NOON + dt.timedelta(minutes=5)
    stage.intake.withdraw("norr", REPORT_ID)
    with pytest.raises(InvalidInput):
        partners.on_partner_event(event(4, REPORT))
    partners.on_partner_event(event(6, REPORT))
    assert (receipt(stage).version, receipt(stage).status) == (2, ReportStatus.ACCEPTED)


def test_an_event_of_the_second_of_a_change_is_not_older_than_it(
    stage: Stage, partners: PartnerReports
) -> None:
    stage.now = NOON + dt.timedelta(seconds=0.7)
    by_http(stage)
    partners.on_partner_event(event(0, REPORT | {"text": "new"}))
    assert receipt(stage).version == 2


def test_an_event_without_effect_has_none_when_it_comes_again(
    stage: Stage, partners: PartnerReports
) -> None:
    # The partner's clock runs before ours.
    by_http(stage, "A")
    same = event(9, REPORT | {"text": "A"})
    partners.on_partner_event(same)
    by_http(stage, "B")
    partners.on_partner_event(same)
    assert receipt(stage).version == 2


def test_a_withdrawal_without_effect_has_none_when_it_comes_again(
    stage: Stage, partners: PartnerReports
) -> None:
    by_http(stage)
    stage.intake.withdraw("norr", REPORT_ID)
    again = taken_back(9)
    partners.on_partner_event(again)
    by_http(stage)
    partners.on_partner_event(again)
    assert (receipt(stage).version, receipt(stage).status) == (2, ReportStatus.ACCEPTED)


def test_an_event_without_effect_overtakes_older_ones(
    stage: Stage, partners: PartnerReports
) -> None:
    by_http(stage)
    partners.on_partner_event(event(5, REPORT))
    with pytest.raises(InvalidInput):
        partners.on_partner_event(event(4, REPORT | {"text": "old"}))
    assert receipt(stage).version == 1


def test_a_time_that_no_clock_shows_is_only_an_old_one(
    stage: Stage, partners: PartnerReports
) -> None:
    partners.on_partner_event(event(1, REPORT, time="0001-01-01T00:00:00+01:00"))
    partners.on_partner_event(event(2, REPORT | {"text": "new"}))
    assert receipt(stage).version == 2


def test_only_events_without_effect_are_forgotten(stage: Stage, partners: PartnerReports) -> None:
    events = [event(1, REPORT), event(2, REPORT)]
    for each in events:
        partners.on_partner_event(each)
    kept = dt.timedelta(days=60)
    sweeper = Sweeper(stage.database, stage.clock, {forget_events: kept})

    def remembered() -> list[bool]:
        with stage.database.read() as session:
            return sorted(session.scalars(select(HandledEventRow.effect)))

    sweeper.sweep()
    assert remembered() == [False, True]
    stage.now += kept
    sweeper.sweep()
    assert remembered() == [True]


def test_an_event_of_the_future_is_refused(stage: Stage, partners: PartnerReports) -> None:
    partners.on_partner_event(event(55, REPORT))
    with pytest.raises(InvalidInput) as raised:
        partners.on_partner_event(event(65, REPORT | {"text": "tomorrow"}))
    assert raised.value.code == "time-ahead"
    assert receipt(stage).version == 1


def test_withdrawal_by_either_id(stage: Stage, partners: PartnerReports) -> None:
    partners.on_partner_event(event(1, REPORT))
    partners.on_partner_event(taken_back(2, report_id=REPORT_ID))
    assert receipt(stage).status == ReportStatus.WITHDRAWN
    partners.on_partner_event(event(3, REPORT))
    partners.on_partner_event(taken_back(4, external_id="2021-04"))
    assert (receipt(stage).version, receipt(stage).status) == (2, ReportStatus.WITHDRAWN)


def test_a_withdrawal_of_what_is_not_the_partners_is_told_to_it(
    stage: Stage, partners: PartnerReports
) -> None:
    others, _ = stage.intake.submit("syd", ReportSubmission.model_validate(REPORT))
    for which in ({"report_id": others.report_id}, {"external_id": "2021-04"}):
        with pytest.raises(InvalidInput) as raised:
            partners.on_partner_event(taken_back(1, **which))
        assert raised.value.code == "unknown-report"
    assert stage.receipt(others.report_id).status == ReportStatus.ACCEPTED


@pytest.mark.parametrize(
    "source", ["/partners/syd", "/partners/norrbotten", "/partners/norrland/x"]
)
def test_an_event_of_another_partner_is_refused(
    stage: Stage, partners: PartnerReports, source: str
) -> None:
    with pytest.raises(InvalidInput, match="/partners/norr or begins") as raised:
        partners.on_partner_event(event(1, REPORT, source=source))
    assert raised.value.code == "wrong-source"
    assert sent(stage) == []


def test_a_source_within_the_partner_is_its_own(stage: Stage, partners: PartnerReports) -> None:
    partners.on_partner_event(event(1, REPORT, source="/partners/norr/archive"))
    assert receipt(stage).partner == "norr"


def test_themes_are_checked_as_by_http(stage: Stage, partners: PartnerReports) -> None:
    with pytest.raises(InvalidInput, match="Known themes are") as raised:
        partners.on_partner_event(event(1, REPORT | {"themes": ["unheard-of"]}))
    pointer = FieldError("/data/themes/0", "unheard-of is not known here")
    assert raised.value.errors == (pointer,)
    assert sent(stage) == []


def test_places_are_checked_as_by_http(stage: Stage, partners: PartnerReports) -> None:
    places = [{"country": "SE", "nuts": "SE33"}, {"country": "SE", "nuts": "FI19"}]
    with pytest.raises(InvalidInput, match="NUTS code") as raised:
        partners.on_partner_event(event(1, REPORT | {"places": places}))
    assert raised.value.errors == (FieldError("/data/places/1/nuts", "FI19 is not in SE"),)
    assert sent(stage) == []


@pytest.mark.parametrize(
    "document",
    [
        inline(b"\x89PNG\r\n", "scan.png"),
        inline(b"hello", "a.pdf", "application/pdf"),
        inline(b"hello", "a.xyz", "application/x-unheard-of"),
    ],
    ids=lambda document: str(document["filename"]),
)
def test_a_document_that_is_not_read_here_is_refused(
    stage: Stage, partners: PartnerReports, document: dict[str, object]
) -> None:
    with pytest.raises(UnsupportedFormat):
        partners.on_partner_event(event(1, {"title": "x", "documents": [document]}))
    assert sent(stage) == []


def test_a_partner_with_many_reports_in_progress_waits_and_no_other(
    stage: Stage, partners: PartnerReports
) -> None:
    reports = [event(n, REPORT | {"external_id": str(n)}) for n in range(MOST + 1)]
    for each in reports[:-1]:
        partners.on_partner_event(each)
    with pytest.raises(Overloaded) as raised:
        partners.on_partner_event(reports[-1])
    assert raised.value.retry_after < 5
    other = event(1, REPORT, source="/partners/syd")
    partners.on_partner_event(FromPartner("syd", other.event))
    partners.on_partner_event(taken_back(9, external_id="0"))
    partners.on_partner_event(reports[-1])
    assert len(sent(stage)) == MOST + 3
