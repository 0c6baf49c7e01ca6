"""The connection goes to the address that was checked, and TLS is still with the name."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from libs.database.engine import Database
from libs.errors import Overloaded
from libs.events.webhook import WebhookChange
from services.ingest.webhooks.addresses import Refused
from services.ingest.webhooks.endpoints import OUTWARD_AT_ONCE
from tests.integration.ingest.certificates import Authority
from tests.integration.ingest.receiver import Got, Receiver, Reply, receiving
from tests.integration.ingest.webhook_stage import PARTNER, WebhookStage

HOST = "hooks.partner.test"


class Names:
    """A name server whose answer a test changes; it counts how often it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.addresses


@contextmanager
def https(
    authority: Authority, certificate_for: str
) -> Iterator[tuple[Receiver, list[str | None]]]:
    """A receiver over TLS, and the server names that clients asked for."""
    context = authority.serving(certificate_for)
    asked: list[str | None] = []

    def note(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        asked.append(name)

    context.sni_callback = note
    with receiving(context) as receiver:
        yield receiver, asked


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def secure_stage(
    database: Database, authority: Authority, receiver: Receiver, names: Names
) -> WebhookStage:
    return WebhookStage(
        database, ports=(receiver.port,), resolve=names, context=authority.trusting()
    )


def test_tls_is_with_the_name_while_the_connection_is_to_the_address(
    database: Database, authority: Authority
) -> None:
    with https(authority, HOST) as (receiver, asked):
        stage = secure_stage(database, authority, receiver, Names("127.0.0.1"))
        webhook = stage.register(f"https://{HOST}:{receiver.port}/hook?from=navigator")
        stage.index()
        assert stage.take_turns() == 3
    assert [each.state for each in stage.deliveries(webhook.id)] == ["delivered"] * 3
    # One connection for the turn, and the name in it is the partner's.
    assert asked == [HOST]
    assert {got.headers["host"] for got in receiver.all} == {f"{HOST}:{receiver.port}"}
    assert {got.path for got in receiver.all} == {"/hook?from=navigator"}


@pytest.mark.parametrize("trouble", ["another name", "another authority"])
def test_a_certificate_that_does_not_fit_is_refused(
    database: Database, tmp_path: Path, authority: Authority, trouble: str
) -> None:
    (tmp_path / "other").mkdir()
    signing = Authority(tmp_path / "other") if trouble == "another authority" else authority
    name = "another.test" if trouble == "another name" else HOST
    with https(signing, name) as (receiver, _):
        stage = secure_stage(database, authority, receiver, Names("127.0.0.1"))
        webhook = stage.register(f"https://{HOST}:{receiver.port}/")
        stage.submit()
        stage.take_turns()
    assert receiver.all == []
    assert stage.deliveries(webhook.id)[0].error == "tls-failed"


@pytest.mark.parametrize("later", ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1"])
def test_a_name_that_means_something_else_when_it_is_called_is_refused(
    database: Database, later: str
) -> None:
    names = Names("8.8.8.8")
    stage = WebhookStage(database, allow_loopback=False, resolve=names)
    webhook = stage.register(f"https://{HOST}/")
    stage.submit()
    names.addresses = [later]
    stage.take_turns()
    (delivery,) = stage.deliveries(webhook.id)
    assert (delivery.state, delivery.error) == ("waiting", "webhook-address")


def test_a_name_is_looked_up_once_for_a_connection(database: Database) -> None:
    """A second answer is never asked for, so it cannot be another one."""
    with receiving() as receiver:
        names = Names("127.0.0.1")
        stage = WebhookStage(database, resolve=names)
        stage.register(f"http://localhost:{receiver.port}/")
        names.asked.clear()
        stage.index()
        assert stage.take_turns() == 3
        assert names.asked == [("localhost", receiver.port)]


def test_a_loopback_webhook_of_old_is_not_called_when_the_setting_is_gone(
    database: Database,
) -> None:
    with receiving() as receiver:
        webhook = WebhookStage(database).register(receiver.url)
        stage = WebhookStage(database, allow_loopback=False)
        stage.submit()
        stage.take_turns()
        assert receiver.all == []
        assert stage.deliveries(webhook.id)[0].error == "webhook-address"
        assert stage.endpoints.test(PARTNER, webhook.id).error == "webhook-address"


def test_an_address_that_does_not_answer_is_passed_over(database: Database) -> None:
    with receiving() as receiver:
        # Nothing listens at the second address of loopback.
        stage = WebhookStage(database, resolve=Names("127.0.0.2", "127.0.0.1"))
        webhook = stage.register(f"http://localhost:{receiver.port}/")
        assert stage.endpoints.test(PARTNER, webhook.id).delivered


def test_an_address_that_swallows_everything_leaves_time_to_the_next(database: Database) -> None:
    with receiving() as receiver, ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.2", receiver.port))
        full.listen(0)
        # What nobody accepts fills the queue; then a connection is neither made nor refused.
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        stage = WebhookStage(database, resolve=Names("127.0.0.2", "127.0.0.1"), timeout_s=4.0)
        webhook = stage.register(f"http://localhost:{receiver.port}/")
        told = stage.endpoints.test(PARTNER, webhook.id)
        assert (told.delivered, told.error) == (True, None)
        assert told.duration_ms >= 2_000


def test_what_went_wrong_is_told_by_its_kind(database: Database) -> None:
    names = Names("127.0.0.1")
    stage = WebhookStage(database, resolve=names)
    with receiving() as receiver:
        webhook = stage.register(f"http://localhost:{receiver.port}/")
    assert stage.endpoints.test(PARTNER, webhook.id).error == "connection-failed"
    names.addresses = []
    assert stage.endpoints.test(PARTNER, webhook.id).error == "name-not-found"
    with pytest.raises(Refused, match="not known"):
        stage.endpoints.change(PARTNER, webhook.id, WebhookChange(url="https://nowhere.test/"))


def test_only_so_many_wait_for_somebody_elses_server(database: Database) -> None:
    let_go = threading.Event()
    stage = WebhookStage(database)
    with receiving() as receiver:
        receiver.reply = lambda _got: Reply(after=let_go)
        webhook = stage.register(receiver.url)
        threads = [
            threading.Thread(target=stage.endpoints.test, args=(PARTNER, webhook.id))
            for _ in range(OUTWARD_AT_ONCE)
        ]
        for thread in threads:
            thread.start()
        for _ in threads:
            receiver.take()
        with pytest.raises(Overloaded):
            stage.endpoints.test(PARTNER, webhook.id)
        let_go.set()
        for thread in threads:
            thread.join(10)
        assert stage.endpoints.test(PARTNER, webhook.id).delivered


def test_a_web_server_that_speaks_another_language_is_a_failure(database: Database) -> None:
    def nonsense(_got: Got) -> Reply:
        return Reply(200, {"bad header\r\n": "x"})

    stage = WebhookStage(database)
    with receiving() as receiver:
        receiver.reply = nonsense
        webhook = stage.register(receiver.url)
        assert stage.endpoints.test(PARTNER, webhook.id).error == "not-http"
