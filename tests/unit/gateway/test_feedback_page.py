"""The buttons under a card."""

import asyncio
import hashlib
from urllib.parse import urlencode

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from libs.errors import Overloaded
from libs.events.feedback import Verdict
from services.gateway.feedback_page import MOST_FORM_BYTES
from tests.unit.gateway.samples import REPORT_ID, TRACE_ID, FakeBackend, ask, get

FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}


def post(backend: FakeBackend, body: str | bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(ask(backend, "POST", "/feedback?ui=sv", FORM | named, content=body))


def form_of_the_page(backend: FakeBackend) -> tuple[dict[str, str], list[str]]:
    """The hidden fields of a card's form, and what its buttons say."""
    tree = LexborHTMLParser(asyncio.run(get(backend, "/?q=unga+%26+g%C3%B6mda&ui=sv")).text)
    hidden = {
        str(field.attributes["name"]): str(field.attributes["value"])
        for field in tree.css("form.feedback input")
    }
    assert [form.attributes["action"] for form in tree.css("form.feedback")] == ["/feedback?ui=sv"]
    return hidden, [str(button.attributes["value"]) for button in tree.css(".feedback button")]


def test_a_button_of_the_page_gives_feedback_and_the_page_says_thanks() -> None:
    backend = FakeBackend()
    hidden, verdicts = form_of_the_page(backend)
    assert verdicts == ["useful", "tried", "not_relevant"]
    answer = post(backend, urlencode(hidden | {"verdict": "tried"}), sec_fetch_site="same-origin")
    ((given, address),) = backend.given
    assert (given.report_id, given.verdict, given.answer) == (REPORT_ID, Verdict.TRIED, TRACE_ID)
    assert given.challenge == hashlib.sha256("unga & gömda".encode()).hexdigest()
    assert address == "127.0.0.1"
    assert answer.status_code == 303
    after = LexborHTMLParser(asyncio.run(get(backend, answer.headers["location"])).text)
    assert [each.text() for each in after.css("#said")] == ["Tack, det hjälper andra."]
    assert not after.css("form.feedback")
    assert backend.asked[-1].challenge == "unga & gömda"


@pytest.mark.parametrize("body", ["", "verdict=tried", "a=1&" * 20, b"\xff", "version=9" * 9])
def test_a_form_that_is_none_of_ours_is_refused(body: str | bytes) -> None:
    backend = FakeBackend()
    answer = post(backend, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert backend.given == []


def test_a_form_too_large_is_refused() -> None:
    assert post(FakeBackend(), b"q=" + b"a" * MOST_FORM_BYTES).status_code == 413


def test_another_site_cannot_vote_in_a_visitors_place() -> None:
    backend = FakeBackend()
    hidden, _ = form_of_the_page(backend)
    body = urlencode(hidden | {"verdict": "useful"})
    assert post(backend, body, sec_fetch_site="cross-site").status_code == 422
    assert backend.given == []


def test_trouble_is_told_as_a_page() -> None:
    backend = FakeBackend()
    hidden, _ = form_of_the_page(backend)
    backend.trouble = Overloaded("Too fast.", retry_after=6)
    answer = post(backend, urlencode(hidden | {"verdict": "useful"}))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "6")
