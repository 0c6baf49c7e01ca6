"""`make run` as a newcomer meets it: load, ask, look, stop, start again."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.asking import ask, assert_verbatim
from tests.e2e.processes import REPOSITORY, Installation, Process, alive, eventually

REPORTS = 73
QUESTION = "Unga som varken arbetar eller studerar och som vi inte når"
SCREENSHOTS = REPOSITORY / "artefacts" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Without these Chromium looks for hosts of its maker's at every start.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("demonstration"))


@pytest.fixture(scope="module")
def running(installation: Installation) -> Iterator[Process]:
    process = installation.start("--demo")
    process.await_line("navigator ask", 120)
    yield process
    process.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.mark.usefixtures("running")
class TestWhileItRuns:
    def test_everything_is_indexed(self, installation: Installation) -> None:
        assert installation.counts()["indexed"] == REPORTS

    @pytest.mark.parametrize(
        ("question", "theme"),
        [
            (QUESTION, "youth-neet"),
            ("yksinäiset vanhukset kylissä", "ageing-loneliness"),
            ("eldre som ikke klarer BankID", "digital-inclusion"),
            ("reparation og genbrug", "circular-economy"),
            ("Kā nodrošināt pakalpojumus attālos ciemos", "rural-services"),
            ("Kuidas toetada kooliõpilaste vaimset tervist?", "mental-health"),
            ("Kaip įtraukti gyventojus į sprendimus dėl biudžeto?", "participation"),
            ("Puste budynki w wyludniającym się mieście", "smart-shrinking"),
            ("Wie finden Langzeitarbeitslose wieder eine Aufgabe?", "work-integration"),
            ("Villages where the bus no longer runs and people have no car", "mobility"),
        ],
    )
    def test_it_answers_with_evidence(
        self, installation: Installation, question: str, theme: str
    ) -> None:
        with installation.client() as client:
            answer = ask(client, question)
            assert not answer["nothing_close"]
            cards = answer["cards"]
            assert theme in {each for card in cards[:3] for each in card["themes"]}
            for card in cards:
                assert_verbatim(client, card)
        assert all(card["illustrative"] for card in cards)
        assert len({card["report_id"] for card in cards}) == len(cards)

    # Of others some slip through: how many is measured in docs/abstention.md.
    @pytest.mark.parametrize(
        "question",
        [
            "Vilka öppettider har återvinningscentralen på påskafton?",
            "How do I centre a div with CSS?",
            "Miten puhdistan uunin ruokasoodalla?",
            "Wer hat gestern Abend im Fußball gewonnen?",
        ],
    )
    def test_where_nothing_is_close_it_says_so(
        self, installation: Installation, question: str
    ) -> None:
        with installation.client() as client:
            answer = ask(client, question)
            page = client.get("/", params={"q": question, "ui": "en"})

            def noted() -> list[dict[str, Any]]:
                """The needs, once this one is among them: it is kept when the answer is sent."""
                needs = client.get("/v1/unmet-needs", params={"limit": 100}).json()["items"]
                there = answer["nearest_themes"] in [need["themes"] for need in needs]
                return needs if there else []

            needs = eventually(noted, within=30, what="the need is kept")
        assert answer["nothing_close"]
        assert question not in json.dumps(needs, ensure_ascii=False)
        assert 1 <= len(answer["nearest_themes"]) <= 3
        assert "holds nothing that fits" in page.text
        told = installation.command("ask", question, "--limit", "1")
        assert told.stdout.startswith("The collection holds nothing on this yet.")

    def test_a_card_tells_how_it_carries_over_to_the_askers_place(
        self, installation: Installation
    ) -> None:
        with installation.client() as client:
            found = client.get("/v1/places", params={"q": "kiruna", "country": "SE"}).json()
            kiruna = found["places"][0]["id"]
            profile = {"place": kiruna, "budget": {"amount": 6_000_000, "currency": "SEK"}}
            card = ask(client, QUESTION, profile=profile)["cards"][0]
            plain = ask(client, QUESTION)["cards"][0]
            unknown = {"challenge": QUESTION, "profile": {"place": 1}}
            refused = client.post("/v1/recommendations", json=unknown)
        assert plain["fit"] is None
        assert card["fit"]["compared_with"]["name"] in {"Lycksele", "Storuman"}
        assert card["fit"]["country"]["code"] == "same-country"
        parts = {part["name"]: part for part in card["ranking"]["parts"]}
        assert parts["place"]["value"] == card["fit"]["overall"]
        assert parts["needs"]["value"] == 1
        assert refused.status_code == 422

    def test_the_command_line_asks(self, installation: Installation) -> None:
        told = installation.command("ask", QUESTION, "--limit", "2")
        assert told.returncode == 0
        assert "Nästa steg" in told.stdout
        assert "illustrative" in told.stdout
        printed = json.loads(installation.command("ask", QUESTION, "--json").stdout)
        assert printed["cards"][0]["themes"][0] == "youth-neet"

    def test_the_command_line_tells_the_status(self, installation: Installation) -> None:
        told = installation.command("status")
        assert told.returncode == 0
        assert "73 indexed" in told.stdout

    @pytest.mark.parametrize(
        ("name", "width", "scheme"), [("desktop", 1280, "light"), ("phone", 390, "dark")]
    )
    def test_the_page_answers(
        self, installation: Installation, browser: Browser, name: str, width: int, scheme: Any
    ) -> None:
        context = browser.new_context(
            locale="sv-SE", color_scheme=scheme, viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        wrong: list[str] = []
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("requestfailed", lambda r: wrong.append(r.url))
        page.goto(installation.gateway)
        page.get_by_role("textbox").fill(QUESTION)
        page.get_by_role("textbox").press("Control+Enter")
        if "q=" not in page.url:
            page.locator("form button[type=submit]").first.click()
        page.wait_for_url("**q=**")
        assert "Nästa steg" in page.locator("main").inner_text()
        shoot(page, f"answer-{name}")
        page.locator("main a[href*='section=']").first.click()
        page.wait_for_url("**/reports/**")
        assert page.locator("mark").first.is_visible()
        shoot(page, f"report-{name}")
        page.goto(f"{installation.gateway}/ops/traces")
        answered = page.locator("main tr", has_text="recommend").first
        answered.locator("a[href*='/ops/traces/']").first.click()
        page.wait_for_url("**/ops/traces/**")
        assert "POST /v1/recommendations" in page.locator("main").inner_text()
        shoot(page, f"trace-{name}")
        assert wrong == []
        context.close()


def test_ctrl_c_during_the_load_leaves_nothing_and_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    installation = Installation(tmp_path_factory.mktemp("interrupted"))
    process = installation.start("--demo")
    pids = process.pids()
    eventually(lambda: installation.counts().get("accepted"), within=30, what="some are there")
    assert process.interrupt() == 0, "".join(process.output)
    assert not [pid for pid in pids if alive(pid)]
    again = installation.start("--demo")
    again.await_line("navigator ask", 120)
    assert installation.counts()["indexed"] == REPORTS
    assert again.interrupt() == 0


def test_ctrl_c_leaves_nothing_and_a_second_start_loads_nothing(
    installation: Installation, running: Process
) -> None:
    pids = running.pids()
    assert len(pids) >= 2, "the broker is a child"
    assert running.interrupt() == 0, "".join(running.output)
    assert not [pid for pid in pids if alive(pid)]
    again = installation.start("--demo")
    again.await_line("already there, nothing loaded", 60)
    with installation.client() as client:
        assert "Nästa steg" in ask(client, QUESTION)["cards"][0]["title"]
        histories = client.get("/v1/reports", params={"limit": 200}).json()["items"]
    assert len(histories) == REPORTS
    assert {item["version"] for item in histories} == {1}
    assert again.interrupt() == 0


def shoot(page: Page, name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
