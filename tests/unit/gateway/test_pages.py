import asyncio
import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from libs.errors import Gone, InvalidInput, NavigatorError, Overloaded, Unavailable
from libs.events.recommendation import MAX_CHALLENGE_CHARS
from libs.events.report import Contact, Origin, Outcome, Provenance, Section
from libs.taxonomy.wording import LANGUAGES
from tests.unit.gateway.samples import (
    QUOTE,
    REPORT_ID,
    TEXT,
    TRACE_ID,
    FakeBackend,
    a_document,
    a_report,
    a_span,
    get,
)

START = TEXT.index(QUOTE)
END = START + len(QUOTE)


def page(
    address: str, backend: FakeBackend | None = None, **headers: str
) -> tuple[httpx.Response, LexborHTMLParser]:
    response = asyncio.run(get(backend or FakeBackend(), address, **headers))
    return response, LexborHTMLParser(response.text)


def text(tree: LexborHTMLParser, selector: str) -> str:
    found = tree.css_first(selector)
    assert found is not None, selector
    return " ".join(found.text().split())


def test_the_start_page_asks_one_question_and_gives_three_examples() -> None:
    response, tree = page("/", accept_language="sv-SE,sv;q=0.9,en;q=0.5")
    assert response.status_code == 200
    assert tree.css_first("html").attributes["lang"] == "sv"
    assert text(tree, "label[for=q]") == "Vilken utmaning står du inför?"
    examples = [link.attributes["href"] for link in tree.css(".examples a")]
    assert len(examples) == 3
    assert all(parse_qs(urlsplit(address).query)["q"] for address in examples)


def test_where_nothing_is_close_it_says_so_and_hides_what_is_nearest() -> None:
    _, tree = page("/?q=pizza&ui=en", FakeBackend(nothing_close=True))
    assert text(tree, "#answer-heading") == "The collection holds nothing that fits this challenge."
    assert text(tree, ".notice .labels") == "Young people not in work or education"
    assert tree.css_first("#answer > details .card")
    assert not tree.css("#answer > .cards")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_renders_in_every_language(language: str) -> None:
    backend = FakeBackend(spans=[[a_span("a", None, "gateway", 0, 5)]])
    addresses = ["/?", "/?q=", "/?q=unga", f"/reports/{REPORT_ID}?", "/reports/none?"]
    addresses += ["/ops/traces?", f"/ops/traces/{TRACE_ID}?"]
    for address in addresses:
        _, tree = page(f"{address}&ui={language}", backend)
        assert tree.css_first("html").attributes["lang"] == language
        assert len(tree.css("h1")) == 1


def test_the_language_of_a_link_wins_and_stays_in_the_links() -> None:
    _, tree = page("/?ui=fi&q=nuoret", accept_language="sv")
    assert tree.css_first("html").attributes["lang"] == "fi"
    assert tree.css_first("input[name=ui]").attributes["value"] == "fi"
    within = [a.attributes["href"] for a in tree.css("main a, .mark") if a.attributes["href"]]
    assert within
    assert all("ui=fi" in address for address in within if not address.startswith("mailto:"))
    menu = [a.attributes["href"] for a in tree.css(".languages a")]
    assert menu[0] == "?ui=sv&q=nuoret"


def test_a_language_that_was_not_chosen_is_not_written_into_links() -> None:
    _, tree = page("/", accept_language="da")
    assert not tree.css("input[name=ui]")
    assert tree.css_first(".mark").attributes["href"] == "/"


def test_an_answer_shows_the_method_and_its_evidence_word_for_word() -> None:
    backend = FakeBackend()
    response, tree = page("/?q=unga+utan+jobb&ui=de", backend)
    assert response.status_code == 200
    assert [asked.challenge for asked in backend.asked] == ["unga utan jobb"]
    card = tree.css_first(".card")
    assert text(tree, ".card h3") == "Knacka på"
    assert card.css_first("h3").attributes["lang"] == "sv"
    assert "Sollefteå, Schweden" in text(tree, ".facts")
    assert "2018–2020" in text(tree, ".facts")
    assert "Schwedisch" in text(tree, ".facts")
    assert text(tree, ".labels") == "Junge Menschen ohne Arbeit und Ausbildung"
    assert text(tree, ".badge.example") == "Fiktives Beispiel"
    quote = card.css_first("blockquote")
    assert quote.text().strip() == QUOTE
    assert quote.attributes["lang"] == "sv"
    assert "Metoden lotsen.pdf Seite 3" in text(tree, ".quote figcaption")
    assert [step.text() for step in card.css(".steps li")] == ["Skicka ett vykort", "Knacka på"]
    assert text(tree, ".figure") == "55 %"
    assert "38 000 kronor" in text(tree, ".pairs")
    assert "Räkna kontakter." in text(tree, ".lessons")
    assert card.css_first(".contacts a").attributes["href"] == "mailto:anna@example.org"


def test_a_quotation_s_link_leads_to_the_same_words_in_the_report() -> None:
    _, answer = page("/?q=unga&ui=et")
    address = answer.css_first(".quote a").attributes["href"]
    assert address is not None
    assert address.endswith("#quote")
    _, report = page(address)
    mark = report.css_first("mark#quote")
    assert mark.text() == QUOTE
    assert mark.parent.text() == TEXT
    assert report.css_first("#s1 mark") is not None


def test_a_failed_project_says_that_this_is_knowledge_too() -> None:
    backend = FakeBackend(report=a_report(outcome=Outcome.FAILED))
    _, tree = page("/?q=unga&ui=en", backend)
    assert text(tree, ".badge.failed") == "Did not work"
    assert "What did not work is knowledge too." in text(tree, ".card")


def test_a_report_with_little_in_it_is_shown_all_the_same() -> None:
    report = a_report(
        language=None, summary=None, period=None, lead_organisation=None, places=(), themes=(),
        sdgs=(), outcome=None, methods=(), results=(), lessons=(), contacts=(), links=(),
        illustrative=False, sections=(Section(text="Bara text."),),
    )  # fmt: skip
    backend = FakeBackend(report=report)
    response, tree = page("/?q=unga", backend)
    assert response.status_code == 200
    assert not tree.css(".card details")
    response, tree = page(f"/reports/{REPORT_ID}", backend)
    assert response.status_code == 200
    assert text(tree, "#s0") == "Bara text."


@pytest.mark.parametrize("empty", ["", "%20%20", "ab"])
def test_an_empty_question_gets_the_form_with_a_hint(empty: str) -> None:
    backend = FakeBackend()
    response, tree = page(f"/?q={empty}&ui=en", backend)
    assert response.status_code == 422
    assert text(tree, "#hint") == "Write a few words about the challenge first."
    assert "hint" in (tree.css_first("textarea").attributes["aria-describedby"] or "")
    assert not backend.asked


def test_a_question_of_the_greatest_length_passes_whatever_its_line_breaks() -> None:
    longest = "a\r\n" * (MAX_CHALLENGE_CHARS // 2 - 1) + "ab"
    backend = FakeBackend()
    response = asyncio.run(get(backend, str(httpx.URL("/", params={"q": longest}))))
    assert response.status_code == 200
    assert len(backend.asked[0].challenge) == MAX_CHALLENGE_CHARS
    too_long = httpx.URL("/", params={"q": longest + "b", "ui": "en"})
    response, tree = page(str(too_long), backend)
    assert response.status_code == 422
    assert "at most 5000" in text(tree, "#hint")


def test_nothing_found_is_said_honestly() -> None:
    response, tree = page("/?q=unga&ui=en", FakeBackend(found=False))
    assert response.status_code == 200
    assert "holds nothing that fits" in text(tree, "#answer")


@pytest.mark.parametrize(
    ("trouble", "status", "retry_after"),
    [
        (Unavailable("The service recommend does not answer."), 503, "5"),
        (Overloaded("Too much.", retry_after=7), 429, "7"),
        (InvalidInput("The challenge is in no language."), 422, None),
    ],
)
def test_trouble_is_told_on_the_page_and_the_question_is_kept(
    trouble: NavigatorError, status: int, retry_after: str | None
) -> None:
    response, tree = page("/?q=unga+utan+jobb", FakeBackend(trouble=trouble))
    assert response.status_code == status
    assert response.headers.get("retry-after") == retry_after
    assert text(tree, "textarea") == "unga utan jobb"
    assert trouble.detail in text(tree, "#answer")
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    "query",
    [
        "section=9&start=0&end=5",
        "section=1&start=5&end=5",
        "section=1&start=0&end=9999",
        "section=-1&start=0&end=5",
        "section=1&start=a&end=b",
        "section=1",
        "section=1&start=0&end=" + "9" * 5_000,
        f"section=1&start={START}&end={END}&version=1",
    ],
)
def test_a_wrong_span_marks_nothing(query: str) -> None:
    response, tree = page(f"/reports/{REPORT_ID}?{query}")
    assert response.status_code == 200
    assert not tree.css("mark")
    assert TEXT in response.text


def test_a_report_shows_its_facts_and_where_to_get_its_document() -> None:
    document = a_document(0, "slut rapport.pdf")
    _, tree = page(f"/reports/{REPORT_ID}?ui=nb", FakeBackend(documents=(document,)))
    about = text(tree, ".about")
    assert "01.02.2018 – 31.01.2020" in about
    assert "8. Anstendig arbeid og økonomisk vekst" in about
    assert "slut rapport.pdf (1,2 MB)" in about.replace("\xa0", " ")
    links = [link.attributes["href"] for link in tree.css(".about a")]
    assert document.link in links
    assert "https://example.org/lots" in links
    assert "Hvor opplysningene kommer fra" not in about


def test_a_report_says_what_its_partner_did_not() -> None:
    given, extracted = Provenance(origin=Origin.GIVEN), Origin.EXTRACTED
    provenance = {
        "/title": Provenance(origin=extracted, source="/documents/0"),
        "/language": Provenance(origin=Origin.INFERRED, confidence=0.998),
        "/summary": given,
        "/sections": Provenance(origin=extracted, source="/documents"),
    }
    report = a_report(provenance=provenance)
    _, tree = page(f"/reports/{REPORT_ID}?ui=sv", FakeBackend(report=report))
    about = text(tree, ".about")
    assert "Titel: från dokumentetRapportens språk: härlett ur texten, 99 % säkertResten" in about
    named = {"/title": Provenance(origin=extracted, source="/documents/0/filename")}
    report = a_report(provenance=named)
    _, tree = page(f"/reports/{REPORT_ID}?ui=en", FakeBackend(report=report))
    assert "Title: from the file’s nameThe rest" in text(tree, ".about")


def test_a_section_of_several_documents_names_its_own() -> None:
    documents = (a_document(0, "rapport.pdf"), a_document(1, "bilaga.docx"))
    sections = (Section(text="Ett", document=0, page=2), Section(text="Två", document=1))
    report = a_report(sections=sections)
    _, tree = page(f"/reports/{REPORT_ID}?ui=sv", FakeBackend(report=report, documents=documents))
    assert [node.text() for node in tree.css(".page")] == ["rapport.pdf, sidan 2", "bilaga.docx"]
    one = FakeBackend(report=report, documents=documents[:1])
    assert [node.text() for node in page(f"/reports/{REPORT_ID}?ui=sv", one)[1].css(".page")] == [
        "sidan 2"
    ]


@pytest.mark.parametrize("report_id", ["unknown", "a%3Fb", "a.b", "a" * 65])
def test_a_report_that_is_not_there_is_a_page_too(report_id: str) -> None:
    response, tree = page(f"/reports/{report_id}?ui=en")
    assert response.status_code == 404
    assert text(tree, "h1") == "This is not here"


def test_a_withdrawn_report_says_so() -> None:
    trouble = Gone("Withdrawn.")
    response, tree = page(f"/reports/{REPORT_ID}?ui=sv", FakeBackend(trouble=trouble))
    assert response.status_code == 410
    assert text(tree, "h1") == "Rapporten har dragits tillbaka"


ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))


@pytest.mark.parametrize("address", ["/?q=unga", f"/reports/{REPORT_ID}?section=0&start=3&end=9"])
def test_a_report_full_of_script_comes_out_as_text(address: str) -> None:
    report = a_report(
        title=ATTACK,
        summary=ATTACK,
        lessons=(ATTACK,),
        themes=(),
        contacts=(Contact(name=ATTACK, email='x"onclick=alert(1)@b.org?bcc=c'),),
        sections=(Section(heading=ATTACK, text=ATTACK), Section(text=TEXT)),
    )
    response, tree = page(address, FakeBackend(report=report))
    parser = _Tags()
    parser.feed(response.text)
    assert {tag for tag, _ in parser.tags}.isdisjoint({"script", "img", "style"})
    names = {name for _, attributes in parser.tags for name, _ in attributes}
    assert not any(name.startswith("on") or name == "style" for name in names)
    assert ATTACK in text(tree, "main")
    mail = tree.css_first(".contacts a").attributes["href"] or ""
    assert "?" not in mail


def test_a_question_full_of_script_comes_out_as_text() -> None:
    address = str(httpx.URL("/", params={"q": "</textarea>" + ATTACK}))
    response, tree = page(address, FakeBackend(found=False))
    assert "<script" not in response.text
    assert tree.css_first("textarea").text().strip() == "</textarea>" + ATTACK


def test_pages_forbid_what_they_do_not_need_and_load_only_their_own_files() -> None:
    for address in ("/", "/?q=unga", f"/reports/{REPORT_ID}", "/reports/none", "/ops/traces"):
        response, tree = page(address)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["vary"] == "accept-language"
        loaded = [link.attributes["href"] or "" for link in tree.css("link")]
        assert loaded
        for asset in loaded:
            assert asset.startswith("/static/")
            assert asyncio.run(get(FakeBackend(), asset)).status_code == 200
        assert not re.search(r"\sstyle=|<style|<script", response.text)


def test_traces_are_listed_and_filtered_by_service() -> None:
    backend = FakeBackend(
        spans=[
            [
                a_span("a", None, "gateway", 0, 9, name="POST /v1/reports"),
                a_span("b", "a", "ingest", 1, 1500, failed=True),
            ],
            [a_span("c", None, "embed", 0, 5, name="process reports.accepted.v1")],
        ]
    )
    _, tree = page("/ops/traces?ui=en", backend)
    rows = [" ".join(row.text().split()) for row in tree.css("tbody tr")]
    assert len(rows) == 2
    assert "POST /v1/reports gateway → ingest 2 1.5 s" in rows[0]
    assert "failed" in rows[0]
    assert "failed" not in rows[1]
    _, tree = page("/ops/traces?ui=en&service=embed", backend)
    assert len(tree.css("tbody tr")) == 1
    assert text(tree, ".filter a[aria-current]") == "embed"
    _, tree = page("/ops/traces?ui=en&service=none", backend)
    assert text(tree, ".notice") == "No traces yet."


def test_a_trace_is_a_table_with_a_bar_for_each_span() -> None:
    spans = [
        a_span("a", None, "gateway", 0, 100, name="POST /v1/reports"),
        a_span("b", "a", "ingest", 25, 75, failed=True),
    ]
    _, tree = page(f"/ops/traces/{TRACE_ID}?ui=sv", FakeBackend(spans=[spans]))
    bar = tree.css("tbody tr")[1].css_first("rect:not(.track)")
    assert (bar.attributes["x"], bar.attributes["width"]) == ("250", "500")
    row = " ".join(tree.css("tbody tr")[1].text().split())
    assert "work misslyckades" in row
    assert "ingest 25 ms 50 ms" in row
    assert "http.request.methodPOST" in row


@pytest.mark.parametrize("trace_id", ["0" * 32, "not-a-trace", "A" * 32])
def test_an_unknown_trace_is_a_page_too(trace_id: str) -> None:
    response, tree = page(f"/ops/traces/{trace_id}?ui=en")
    assert response.status_code == 404
    assert text(tree, "h1") == "This is not here"
