"""Webhooks from the status change to the partner's server: a real database, a real HTTP server."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook as Library
from standardwebhooks import WebhookVerificationError

from libs.bus.record import Record
from libs.clock import utc_now
from libs.database.engine import Database
from libs.errors import Conflict, NotFound
from libs.events.payloads import ReportRejected
from libs.events.report import ReportStatus, ReportSubmission
from libs.events.webhook import WebhookChange
from services.ingest import store
from services.ingest.rejections import internal_rejection
from services.ingest.webhooks.schedule import DELAYS_S
from services.ingest.webhooks.tables import DeliveryRow
from tests.e2e.processes import REPOSITORY, eventually
from tests.integration.ingest.receiver import Got, Receiver, Reply, receiving
from tests.integration.ingest.webhook_stage import PARTNER, WebhookStage

# How long a removal is given to slip in between; it must not, so the wait is always whole.
CHANCE_S = 0.3


@pytest.fixture
def stage(database: Database) -> WebhookStage:
    return WebhookStage(database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def answering(*statuses: int, **headers: str) -> "list[Reply]":
    return [Reply(status, headers) for status in statuses]


def data_of(got: Got) -> dict[str, object]:
    found: dict[str, object] = json.loads(got.body)["data"]
    return found


def test_a_report_is_told_of_step_by_step(stage: WebhookStage, receiver: Receiver) -> None:
    stage.ingest.now = utc_now()
    webhook = stage.register(receiver.url)
    report_id = stage.index()
    assert stage.take_turns() == 3
    for got in receiver.all:
        Library(webhook.secret).verify(got.body, got.headers)
        assert "Hemlig" not in got.body.decode()
    bodies = [json.loads(got.body) for got in receiver.all]
    assert [body["type"] for body in bodies] == [
        "report.accepted",
        "report.normalised",
        "report.indexed",
    ]
    assert [body["data"]["seq"] for body in bodies] == [1, 2, 3]
    assert bodies[2]["data"] == {
        "report_id": report_id,
        "external_id": "1",
        "version": 1,
        "seq": 3,
        "status": "indexed",
        "passages": 4,
        "links": {
            "self": f"/v1/reports/{report_id}",
            "content": f"/v1/reports/{report_id}/content",
            "events": f"/v1/reports/{report_id}/events",
        },
    }
    assert [each.state for each in stage.deliveries(webhook.id)] == ["delivered"] * 3
    assert stage.take_turns() == 0


def test_only_what_is_wanted_is_told_and_to_its_partner_only(
    stage: WebhookStage, receiver: Receiver
) -> None:
    stage.register(receiver.url, events=(ReportStatus.INDEXED,))
    stage.index()
    stage.ingest.intake.submit("syd", ReportSubmission(title="T", text="Text"))
    stage.take_turns()
    assert [data_of(got)["status"] for got in receiver.all] == ["indexed"]


def test_a_rejection_is_told_with_its_reason(stage: WebhookStage, receiver: Receiver) -> None:
    stage.register(receiver.url, events=(ReportStatus.REJECTED,))
    report_id = stage.submit()
    rejection = internal_rejection(None)
    event = ReportRejected(report_id=report_id, version=1, stage="index", rejection=rejection)
    stage.ingest.handlers.on_report_rejected(event)
    stage.take_turns()
    told = data_of(receiver.take())
    assert told["rejection"] == rejection.model_dump()
    assert "passages" not in told


def test_a_message_is_written_in_the_transaction_of_its_status(
    stage: WebhookStage, receiver: Receiver
) -> None:
    stage.register(receiver.url)

    def broken(_payload: object) -> Record:
        raise RuntimeError("no event")

    intake = stage.ingest.intake
    failing = type(intake)(
        stage.database, broken, intake.clock, intake.resend_after, intake.committed
    )
    with pytest.raises(RuntimeError):
        failing.submit(PARTNER, ReportSubmission(title="T", text="Text"))
    assert stage.rows() == []
    stage.submit()
    assert len(stage.rows()) == 1


def test_a_failed_message_is_sent_again_after_longer_and_longer(
    stage: WebhookStage, receiver: Receiver
) -> None:
    receiver.reply = lambda _got: Reply(500)
    webhook = stage.register(receiver.url)
    stage.submit()
    for attempt, delay in enumerate(DELAYS_S, start=1):
        assert stage.take_turns() == 1
        (delivery,) = stage.deliveries(webhook.id)
        assert (delivery.state, delivery.attempts) == ("waiting", attempt)
        assert delivery.response_code == 500
        assert delivery.next_attempt_at is not None
        assert delivery.last_attempt_at is not None
        wait = (delivery.next_attempt_at - delivery.last_attempt_at).total_seconds()
        assert wait == pytest.approx(delay, abs=1)
        assert stage.take_turns() == 0
        stage.pass_time(seconds=max(delay, 300) + 1)
    assert stage.take_turns() == 1
    (delivery,) = stage.deliveries(webhook.id)
    assert (delivery.state, delivery.attempts) == ("failed", 10)
    assert delivery.next_attempt_at is None
    assert len({got.headers["webhook-id"] for got in receiver.all}) == 1
    assert len({got.headers["webhook-timestamp"] for got in receiver.all}) == 10
    assert stage.endpoints.one(PARTNER, webhook.id).enabled


def test_a_success_ends_the_trouble(stage: WebhookStage, receiver: Receiver) -> None:
    replies = answering(503, 200)
    receiver.reply = lambda _got: replies.pop(0)
    webhook = stage.register(receiver.url)
    stage.submit()
    stage.take_turns()
    assert stage.endpoints.one(PARTNER, webhook.id).failing_since
    stage.pass_time(seconds=10)
    stage.take_turns()
    assert stage.endpoints.one(PARTNER, webhook.id).failing_since is None
    assert [each.state for each in stage.deliveries(webhook.id)] == ["delivered"]


def test_retry_after_is_waited_for(stage: WebhookStage, receiver: Receiver) -> None:
    replies = [Reply(503, {"retry-after": "120"}), Reply()]
    receiver.reply = lambda _got: replies.pop(0)
    stage.register(receiver.url)
    stage.submit("1")
    stage.submit("2")
    assert stage.take_turns() == 1
    stage.pass_time(seconds=110)
    assert stage.take_turns() == 0
    stage.pass_time(seconds=15)
    assert stage.take_turns() == 2


def test_410_disables_and_enabling_sends_what_waits(
    stage: WebhookStage, receiver: Receiver
) -> None:
    replies = answering(410, 200)
    receiver.reply = lambda _got: replies.pop(0)
    webhook = stage.register(receiver.url)
    stage.submit("1")
    stage.take_turns()
    told = stage.endpoints.one(PARTNER, webhook.id)
    assert not told.enabled
    assert told.disabled
    assert told.disabled.code == "gone"
    stage.submit("2")
    stage.pass_time(days=1)
    assert stage.take_turns() == 0
    with pytest.raises(Conflict):
        stage.endpoints.retry(PARTNER, webhook.id, stage.rows()[0].event_id)
    assert stage.endpoints.change(PARTNER, webhook.id, WebhookChange(enabled=True)).enabled
    assert stage.take_turns() == 1
    assert [data_of(got)["external_id"] for got in receiver.all] == ["1", "1"]


def test_days_of_failures_disable(stage: WebhookStage, receiver: Receiver) -> None:
    receiver.reply = lambda _got: Reply(500)
    webhook = stage.register(receiver.url)
    for day in range(6):
        stage.submit(str(day))
        stage.take_turns()
        stage.pass_time(days=1)
    told = stage.endpoints.one(PARTNER, webhook.id)
    assert told.disabled
    assert told.disabled.code == "failing"
    assert "failed" in told.disabled.reason


def test_a_pause_loses_what_happens_in_it_and_nothing_else(
    stage: WebhookStage, receiver: Receiver
) -> None:
    webhook = stage.register(receiver.url)
    stage.submit("before")
    stage.endpoints.change(PARTNER, webhook.id, WebhookChange(enabled=False))
    stage.submit("meanwhile")
    assert stage.take_turns() == 0
    stage.endpoints.change(PARTNER, webhook.id, WebhookChange(enabled=True))
    stage.submit("after")
    stage.take_turns()
    assert [data_of(got)["external_id"] for got in receiver.all] == ["before", "after"]


def test_a_redirect_is_a_failure_and_not_followed(stage: WebhookStage, receiver: Receiver) -> None:
    receiver.reply = lambda _got: Reply(302, {"location": f"http://127.0.0.1:{receiver.port}/x"})
    webhook = stage.register(receiver.url)
    stage.submit()
    stage.take_turns()
    assert [got.path for got in receiver.all] == ["/hook"]
    assert stage.deliveries(webhook.id)[0].response_code == 302


def test_an_endless_answer_is_cut_off_and_not_kept(stage: WebhookStage, receiver: Receiver) -> None:
    receiver.reply = lambda _got: Reply(200, {"content-length": "99999999"}, b"x" * 200_000)
    webhook = stage.register(receiver.url)
    stage.index()
    assert stage.take_turns() == 3
    assert [each.state for each in stage.deliveries(webhook.id)] == ["delivered"] * 3


def test_a_process_killed_after_it_sent_sends_again_with_the_same_id(
    stage: WebhookStage, receiver: Receiver, database: Database
) -> None:
    webhook = stage.register(receiver.url)
    stage.submit()
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.integration.ingest.webhook_process", url]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:

        def kill(_got: Got) -> Reply:
            process.kill()
            process.wait(10)
            return Reply()

        receiver.reply = kill
        first = receiver.take(within=60)
        assert process.wait(20) == -signal.SIGKILL
    assert [each.attempts for each in stage.deliveries(webhook.id)] == [0]
    receiver.reply = lambda _got: Reply()
    stage.ingest.now = utc_now()
    assert stage.take_turns() == 0
    stage.pass_time(hours=1)
    assert stage.take_turns() == 1
    second = receiver.take()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert [each.state for each in stage.deliveries(webhook.id)] == ["delivered"]


def test_replicas_do_not_send_the_same_at_once(database: Database, receiver: Receiver) -> None:
    stages = [WebhookStage(database, replica=name) for name in "abcd"]
    stages[0].register(receiver.url)
    stages[0].submit()
    barrier = threading.Barrier(len(stages))
    sent: list[int] = []

    def take(stage: WebhookStage) -> None:
        barrier.wait(10)
        sent.append(stage.take_turns())

    threads = [threading.Thread(target=take, args=(each,)) for each in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(sent) == [0, 0, 0, 1]
    assert len(receiver.all) == 1


def test_a_webhook_that_hangs_does_not_keep_others_waiting(
    stage: WebhookStage, receiver: Receiver
) -> None:
    let_go = threading.Event()
    with receiving() as hanging:
        hanging.reply = lambda _got: Reply(after=let_go)
        stage.register(hanging.url)
        stage.register(receiver.url)
        stage.courier.start()
        try:
            stage.index("1")
            stage.courier.wake()
            hanging.take()
            stage.index("2")
            stage.courier.wake()
            told = [data_of(receiver.take()) for _ in range(6)]
            assert len(hanging.all) == 1
        finally:
            let_go.set()
            stage.courier.stop(10)
    assert [each["external_id"] for each in told] == ["1"] * 3 + ["2"] * 3
    assert not stage.courier.failed()


def test_a_webhook_that_answers_byte_by_byte_is_cut_off(
    database: Database, receiver: Receiver
) -> None:
    stage = WebhookStage(database, timeout_s=0.5)
    never = threading.Event()
    receiver.reply = lambda _got: Reply(after=never, in_drops=True)
    webhook = stage.register(receiver.url)
    stage.submit()
    stage.take_turns()
    never.set()
    (delivery,) = stage.deliveries(webhook.id)
    assert (delivery.state, delivery.error) == ("waiting", "timeout")


def test_the_worker_takes_up_what_its_earlier_process_held(
    stage: WebhookStage, receiver: Receiver
) -> None:
    webhook = stage.register(receiver.url)
    stage.submit()
    assert len(stage.claim()) == 1
    assert stage.claim() == []
    stage.courier.start()
    receiver.take()
    eventually(
        lambda: stage.deliveries(webhook.id)[0].state == "delivered", within=10, what="noted"
    )
    stage.courier.stop(10)


def test_old_deliveries_are_forgotten(stage: WebhookStage, receiver: Receiver) -> None:
    replies = answering(200, 410)
    receiver.reply = lambda _got: replies.pop(0)
    stage.register(receiver.url)
    stage.submit("1")
    stage.take_turns()
    stage.pass_time(days=31)
    stage.submit("2")
    stage.courier.start()
    eventually(lambda: len(stage.rows()) == 1, within=10, what="the old one is gone")
    eventually(lambda: stage.rows()[0].attempts == 1, within=10, what="the new one is sent")
    stage.courier.stop(10)


def test_rotation_signs_with_both_secrets_for_a_while(
    stage: WebhookStage, receiver: Receiver
) -> None:
    stage.ingest.now = utc_now()
    webhook = stage.register(receiver.url)
    rotated = stage.endpoints.rotate(PARTNER, webhook.id)
    stage.submit("1")
    stage.take_turns()
    got = receiver.take()
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    for secret in (webhook.secret, rotated.secret):
        Library(secret).verify(got.body, got.headers)
    told = stage.endpoints.one(PARTNER, webhook.id)
    assert told.previous_secret_until == rotated.previous_until
    stage.pass_time(hours=25)
    stage.submit("2")
    stage.take_turns()
    later = receiver.take()
    assert len(later.headers["webhook-signature"].split(" ")) == 1
    with pytest.raises(WebhookVerificationError):
        Library(webhook.secret).verify(got.body + b" ", got.headers)
    assert stage.endpoints.one(PARTNER, webhook.id).previous_secret_until is None


def test_a_delivered_message_can_be_asked_for_again(
    stage: WebhookStage, receiver: Receiver
) -> None:
    webhook = stage.register(receiver.url)
    stage.submit()
    stage.take_turns()
    again = stage.endpoints.retry(PARTNER, webhook.id, receiver.take().headers["webhook-id"])
    assert again.state == "waiting"
    assert stage.take_turns() == 1
    assert receiver.all[0].headers["webhook-id"] == receiver.all[1].headers["webhook-id"]
    with pytest.raises(NotFound):
        stage.endpoints.retry(PARTNER, webhook.id, "msg_none")


def test_a_webhook_is_removed_with_its_deliveries(
    stage: WebhookStage, receiver: Receiver, database: Database
) -> None:
    webhook = stage.register(receiver.url)
    stage.submit()
    (lease,) = stage.claim()
    stage.endpoints.remove(PARTNER, webhook.id)
    assert stage.turns.take(lease) == 0
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 0
    with pytest.raises(NotFound):
        stage.endpoints.one(PARTNER, webhook.id)


def test_a_webhook_removed_while_a_report_changes_is_gone_and_the_change_is_kept(
    stage: WebhookStage, receiver: Receiver, database: Database
) -> None:
    """On PostgreSQL only a lock keeps the delivery from pointing at nothing."""
    webhook = stage.register(receiver.url)
    report_id = stage.submit()
    removal = threading.Thread(target=stage.endpoints.remove, args=(PARTNER, webhook.id))
    with database.write() as session:
        row = store.locked_version(session, report_id, 1)
        now = stage.ingest.clock()
        store.add_status(session, row, ReportStatus.WITHDRAWN, now=now, trace_id=None)
        session.flush()
        removal.start()
        removal.join(CHANCE_S)
        assert removal.is_alive()
    removal.join(10)
    assert not removal.is_alive()
    assert stage.rows() == []
    assert stage.ingest.receipt(report_id).status is ReportStatus.WITHDRAWN


def test_the_trace_of_the_change_goes_on_in_the_message(
    stage: WebhookStage, receiver: Receiver
) -> None:
    stage.register(receiver.url)
    with stage.telemetry.tracer.start_as_current_span("request") as span:
        stage.submit()
        trace_id = f"{span.get_span_context().trace_id:032x}"
    stage.take_turns()
    got = receiver.take()
    (sent,) = [each for each in stage.spans() if each.name == "send webhook"]
    assert sent.trace_id == trace_id
    assert got.headers["traceparent"].startswith(f"00-{trace_id}-{sent.span_id}-")
    assert data_of(got)["trace_id"] == trace_id
    assert "127.0.0.1" not in json.dumps(sent.attributes)
    exposed = stage.telemetry.exposition().decode()
    assert 'navigator_webhook_attempts_total{error_type="",' in exposed
