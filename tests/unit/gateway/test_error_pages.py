"""Errors: pages for people, problems for programs."""

import asyncio

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from libs.errors import NavigatorError
from tests.unit.gateway.samples import REPORT_ID, FakeBackend, ask, get

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def heading(answer: httpx.Response) -> str:
    found = LexborHTMLParser(answer.text).css_first("h1")
    assert found is not None
    return found.text().strip()


@pytest.mark.parametrize("address", ["/nothing", "/v1/nothing", "/static/none.css"])
def test_a_browser_at_an_unknown_address_gets_a_page_in_its_language(address: str) -> None:
    answer = asyncio.run(get(FakeBackend(), address, accept=BROWSER, accept_language="sv"))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<html lang="sv">' in answer.text
    assert heading(answer) == "Det finns inte här"


def test_a_program_at_an_unknown_address_gets_a_problem() -> None:
    answer = asyncio.run(get(FakeBackend(), "/nothing"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_s_error_is_a_page_whoever_asks() -> None:
    answer = asyncio.run(get(FakeBackend(), "/reports/none", accept="*/*"))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_wrong_method_keeps_its_header_on_the_page() -> None:
    answer = asyncio.run(ask(FakeBackend(), "POST", "/", {"accept": BROWSER}))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert "GET, HEAD" in answer.text


def test_a_bug_is_a_page_too() -> None:
    class Broken(NavigatorError):
        """A fault that nobody foresaw stands for it: its code has no text of its own."""

    answer = asyncio.run(get(FakeBackend(trouble=Broken("x")), f"/reports/{REPORT_ID}?ui=en"))
    assert answer.status_code == 500
    assert heading(answer) == "Navigator cannot answer right now"


@pytest.mark.parametrize("address", ["/", f"/reports/{REPORT_ID}", "/ops/traces", "/favicon.ico"])
def test_head_works_on_pages(address: str) -> None:
    looked = asyncio.run(ask(FakeBackend(), "HEAD", address, {}))
    read = asyncio.run(get(FakeBackend(), address))
    assert looked.status_code == read.status_code < 400
    assert looked.headers["content-length"] == read.headers["content-length"]


def test_the_icon_is_where_browsers_look_for_it() -> None:
    answer = asyncio.run(get(FakeBackend(), "/favicon.ico"))
    assert answer.is_redirect
    icon = asyncio.run(get(FakeBackend(), answer.headers["location"]))
    assert icon.headers["content-type"] == "image/svg+xml"
