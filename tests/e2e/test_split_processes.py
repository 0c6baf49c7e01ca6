"""The same platform in several processes: only the settings differ."""

from pathlib import Path

from tests.e2e.asking import ask, assert_verbatim, follow
from tests.e2e.processes import Installation

REPORT = {
    "external_id": "split",
    "title": "Byssjan – samåkning i skärgården",
    "language": "sv",
    "text": "Äldre på öarna delar båttaxi till vårdcentralen. En samordnare ringer dagen innan.",
}


def test_four_processes_answer_together(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    parts = [["broker"], ["ingest"], ["embed", "recommend"], ["gateway"]]
    # They wait for each other, so they are started together and not one by one.
    processes = [installation.start_without_waiting(*part) for part in parts]
    try:
        for process in processes:
            process.await_line("ready in", 90)
        with installation.client() as client:
            accepted = client.post("/v1/reports", json=REPORT)
            assert accepted.status_code == 202, accepted.text
            location = accepted.headers["location"]
            assert follow(client, location)[-1]["status"] == "indexed"
            answer = ask(client, "How do old people on islands get to the doctor?")
            assert answer["cards"][0]["title"] == REPORT["title"]
            assert_verbatim(client, answer["cards"][0])
            trace_id = accepted.headers["traceresponse"].split("-")[1]
            page = client.get(f"/ops/traces/{trace_id}")
            assert "upsert passages" in page.text, "the gateway gathers the spans of all processes"
    finally:
        codes = [process.terminate() for process in reversed(processes)]
    assert codes == [0] * len(parts)


def test_a_second_start_on_the_same_data_is_refused(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start("gateway")
    refused = installation.command("up", "gateway")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    assert process.terminate() == 0


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "one")
    other = Installation(tmp_path / "two")
    other.env |= {"NAVIGATOR_GATEWAY_PORT": str(installation.ports["gateway"])}
    process = installation.start("gateway")
    refused = other.command("up", "gateway")
    assert refused.returncode == 1
    assert "NAVIGATOR_GATEWAY_PORT" in refused.stderr
    assert process.terminate() == 0


def test_the_gateway_alone_says_what_is_missing(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    process = installation.start("gateway")
    with installation.client() as client:
        for answer in (
            client.get("/v1/reports"),
            client.post("/v1/reports", json={"title": "t", "text": "x"}),
            client.post("/v1/recommendations", json={"challenge": "ensamma äldre"}),
        ):
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["retryable"] is True
        page = client.get("/", params={"q": "ensamma äldre"})
        assert page.status_code == 503
        assert page.headers["content-type"].startswith("text/html")
    told = installation.command("status")
    assert told.returncode == 1
    assert "no" in told.stdout
    assert process.terminate() == 0
