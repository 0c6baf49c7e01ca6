"""From the push of a report to the partner's own server, through all that is in between."""

import json
from collections.abc import Iterator

import httpx
import pytest
from standardwebhooks import Webhook as Library
from typer.testing import CliRunner

from navigator.cli import app
from tests.e2e.asking import follow
from tests.e2e.processes import Installation
from tests.integration.ingest.receiver import Receiver, receiving


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A platform that may send to this machine."""
    folder = tmp_path_factory.mktemp("webhooks")
    installation = Installation(folder, NAVIGATOR_INGEST_WEBHOOK_ALLOW_LOOPBACK="true")
    process = installation.start()
    yield installation
    assert process.terminate() == 0
    output = "".join(process.output)
    assert "whsec_" not in output
    assert "Traceback" not in output, output


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    with installation.client() as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_a_report_is_told_of_from_accepted_to_indexed(
    client: httpx.Client, receiver: Receiver
) -> None:
    made = client.post("/v1/webhooks", json={"url": receiver.url})
    assert made.status_code == 201, made.text
    webhook = made.json()
    report = {"title": "Kanotpoolen", "text": "Vi lånar ut kanoter.", "external_id": "kanot-1"}
    accepted = client.post("/v1/reports", json=report)
    trace_id = accepted.headers["traceresponse"].split("-")[1]
    messages = [receiver.take(within=30) for _ in range(3)]
    for got in messages:
        Library(webhook["secret"]).verify(got.body, got.headers)
        assert got.headers["traceparent"].split("-")[1] == trace_id
        assert "kanoter" not in got.body.decode()
    told = [json.loads(got.body)["data"] for got in messages]
    assert [(each["seq"], each["status"]) for each in told] == [
        (1, "accepted"),
        (2, "normalised"),
        (3, "indexed"),
    ]
    assert {each["report_id"] for each in told} == {accepted.json()["report_id"]}
    assert told[2]["passages"] > 0
    assert client.get(told[2]["links"]["self"]).json()["status"] == "indexed"
    page = client.get(f"{made.headers['location']}/deliveries").json()
    assert [each["seq"] for each in page["items"]] == [3, 2, 1]
    assert client.delete(made.headers["location"]).status_code == 204
    assert client.get(made.headers["location"]).status_code == 404


def test_a_rejection_is_told_with_its_reason(client: httpx.Client, receiver: Receiver) -> None:
    made = client.post("/v1/webhooks", json={"url": receiver.url, "events": ["rejected"]})
    broken = {"document": ("a.pdf", b"%PDF-1.7 broken", "application/pdf")}
    follow(client, client.post("/v1/reports", files=broken).headers["location"])
    (rejection,) = [json.loads(receiver.take(within=30).body)["data"]["rejection"]]
    assert rejection["code"]
    assert rejection["reason_sv"]
    client.delete(made.headers["location"])


def test_the_command_line_does_it_too(installation: Installation, receiver: Receiver) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        # In this process: ten of their own would be most of the test's time.
        done = CliRunner().invoke(app, ["webhooks", *arguments, "--url", installation.gateway])
        assert done.exit_code == code, done.output
        return done.output

    made = json.loads(run("add", receiver.url, "--event", "indexed", "--json"))
    assert made["id"] in run("list")
    assert run("test", made["id"]).startswith("delivered: it answered 200")
    rotated = json.loads(run("rotate", made["id"], "--json"))
    assert json.loads(run("test", made["id"], "--json"))["delivered"] is True
    last = receiver.all[-1]
    for secret in (made["secret"], rotated["secret"]):
        Library(secret).verify(last.body, last.headers)
    assert json.loads(run("deliveries", made["id"], "--json"))["items"] == []
    assert "enabled" in run("enable", made["id"])
    assert "https://" in run("add", "http://example.com/", code=1)
    assert "removed" in run("remove", made["id"])
    assert json.loads(run("list", "--json")) == {"items": []}


def test_what_is_wrong_is_a_problem_and_not_a_page(client: httpx.Client) -> None:
    for url in ("https://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "https://2130706433/"):
        answer = client.post("/v1/webhooks", json={"url": url})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/url"
    answer = client.post("/v1/webhooks", content=b"{", headers={"content-type": "text/plain"})
    assert answer.status_code == 422
    assert client.get("/v1/webhooks/nothing").status_code == 422
    assert client.put("/v1/webhooks").headers["allow"] == "GET, POST"
