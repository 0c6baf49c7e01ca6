"""What holds of every report, whatever is in it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.errors import InvalidInput
from libs.events.report import (
    DocumentInfo,
    NormalisedReport,
    Origin,
    ReportContent,
    ReportMetadata,
    ReportSubmission,
    Section,
)
from libs.language.detection import LanguageDetector
from services.ingest.normalisation import normalise_documents, normalise_submission, title_from
from services.ingest.parsing.document import ParsedDocument
from services.ingest.submissions import plain_filename, read_model

Json = dict[str, Any]

DETECTOR = LanguageDetector(wide=True)
# The detector's models are loaded in the first examples.
unhurried = settings(deadline=None)


def visible(text: str | None) -> str:
    """What no rule takes away: NUL goes, and blanks at the ends."""
    return "".join((text or "").replace("\x00", "").split())


WORDS = st.text(max_size=60)
LINES = WORDS.filter(visible)
CODES = st.sampled_from(["SE", "FI", "GB", "UK", "GR", "AX", "ZZ"])
FIGURES = st.floats(allow_nan=False, allow_infinity=False)
SECTIONS = st.fixed_dictionaries(
    {"text": WORDS},
    optional={
        "heading": LINES,
        "kind": st.sampled_from(["method", "failures", "other"]),
        "page": st.integers(1, 1_000_000),
    },
)
KNOWN = {
    "external_id": LINES,
    "language": st.sampled_from(["sv", "fi", "nb", "se", "sv-FI"]),
    "summary": WORDS,
    "programme": LINES,
    "funder": LINES,
    "period": st.sampled_from([{"start": "2018-02-01"}, {"start": "2018-02-01", "end": None}]),
    "budget": st.fixed_dictionaries(
        {"amount": FIGURES.map(abs), "currency": st.sampled_from(["SEK", "EUR"])}
    ),
    "lead_organisation": st.fixed_dictionaries({"name": LINES}, optional={"country": CODES}),
    "partner_organisations": st.lists(st.fixed_dictionaries({"name": LINES}), max_size=2),
    "places": st.lists(
        st.fixed_dictionaries({"country": CODES}, optional={"name": LINES, "lau": WORDS.map(str)}),
        max_size=2,
    ).map(lambda places: [place | {"lau": place.get("lau", "")[:20]} for place in places]),
    "themes": st.lists(st.sampled_from(["youth-neet", "mental-health"]), max_size=2),
    "sdgs": st.lists(st.integers(1, 17), max_size=3),
    "outcome": st.sampled_from(["succeeded", "failed"]),
    "methods": st.lists(
        st.fixed_dictionaries(
            {"name": LINES},
            optional={"description": WORDS, "steps": st.lists(LINES, max_size=2)},
        ),
        max_size=2,
    ),
    "results": st.lists(
        st.fixed_dictionaries(
            {}, optional={"indicator": LINES, "value": FIGURES | WORDS, "text": WORDS}
        ),
        max_size=2,
    ),
    "lessons": st.lists(WORDS, max_size=2),
    "contacts": st.lists(
        st.fixed_dictionaries({"name": LINES}, optional={"phone": LINES, "organisation": LINES}),
        max_size=2,
    ),
    "licence": LINES,
    "illustrative": st.booleans(),
}
METADATA = st.fixed_dictionaries({"title": LINES}, optional=KNOWN)
TEXTS = st.fixed_dictionaries(
    {}, optional={"text": WORDS, "sections": st.lists(SECTIONS, max_size=4)}
).filter(
    lambda body: (
        visible(body.get("text")) or any(visible(s["text"]) for s in body["sections"])
        if "sections" in body
        else visible(body.get("text"))
    )
)
SUBMISSIONS = st.builds(lambda known, text: known | text, METADATA, TEXTS)
# Paragraphs as the readers leave them: they keep no blank around a text and no NUL in it.
PARSED = st.lists(
    st.tuples(
        st.builds(plain_filename, WORDS),
        st.builds(
            ParsedDocument,
            title=st.none() | LINES.map(lambda line: line.replace("\x00", "").strip()),
            sections=st.lists(
                st.builds(Section, text=LINES, heading=st.none() | LINES), min_size=1, max_size=3
            ).map(tuple),
            language=st.none() | WORDS | st.sampled_from(["sv", "EN_us", "x-default", "und"]),
        ),
    ),
    min_size=1,
    max_size=3,
)


def resolve(document: Any, pointer: str) -> Any:
    """What a JSON pointer points at (RFC 6901). Raises LookupError when there is nothing."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def assert_every_field_says_where_it_comes_from(content: ReportContent) -> None:
    told = json.loads(content.model_dump_json())
    record = content.report
    filled = set(record.model_dump(exclude_defaults=True, exclude={"provenance"}))
    assert {pointer.removeprefix("/") for pointer in record.provenance} == filled
    for pointer, provenance in record.provenance.items():
        assert resolve(told["report"], pointer) not in (None, "", [])
        if provenance.source is not None:
            assert resolve(told, provenance.source) is not None


def content_of(record: NormalisedReport, *filenames: str) -> ReportContent:
    documents = tuple(
        DocumentInfo(
            number=number, filename=name, media_type="text/plain", size=1, sha256="", link="/"
        )
        for number, name in enumerate(filenames)
    )
    return ReportContent(report_id="r", version=1, partner="p", report=record, documents=documents)


@unhurried
@given(SUBMISSIONS)
def test_a_report_is_the_same_after_json(body: Json) -> None:
    report = ReportSubmission.model_validate(body)
    assert ReportSubmission.model_validate_json(report.model_dump_json()) == report
    kept = report.model_dump(mode="json", exclude_defaults=True)
    assert ReportSubmission.model_validate(json.loads(json.dumps(kept))) == report
    record = normalise_submission(report, DETECTOR)
    kept = record.model_dump(mode="json", exclude_defaults=True)
    assert NormalisedReport.model_validate(json.loads(json.dumps(kept))) == record


@unhurried
@given(SUBMISSIONS)
def test_normalising_what_is_normal_changes_nothing(body: Json) -> None:
    record = normalise_submission(ReportSubmission.model_validate(body), DETECTOR)
    fields = record.model_dump(exclude={"provenance", "sections"})
    sections = [section.model_dump(exclude={"document"}) for section in record.sections]
    again = ReportSubmission.model_validate(fields | {"sections": sections})
    second = normalise_submission(again, DETECTOR)
    assert second.model_copy(update={"provenance": record.provenance}) == record


@unhurried
@given(SUBMISSIONS)
def test_no_text_is_lost_and_none_is_added(body: Json) -> None:
    record = normalise_submission(ReportSubmission.model_validate(body), DETECTOR)
    given_text = [visible(body.get("text"))]
    for section in body.get("sections", []):
        given_text += [visible(section.get("heading")), visible(section["text"])]
    kept = [visible(part) for s in record.sections for part in (s.heading, s.text)]
    assert "".join(kept) == "".join(given_text)


@unhurried
@given(SUBMISSIONS)
def test_each_field_of_a_submission_says_where_it_comes_from(body: Json) -> None:
    record = normalise_submission(ReportSubmission.model_validate(body), DETECTOR)
    assert_every_field_says_where_it_comes_from(content_of(record))
    found_out = {p for p, origin in record.provenance.items() if origin.origin != Origin.GIVEN}
    assert found_out <= {"/language"}
    assert not (found_out and "language" in body)


@unhurried
@given(METADATA, PARSED)
def test_documents_keep_their_text_and_say_what_comes_from_them(
    body: Json, documents: list[tuple[str, ParsedDocument]]
) -> None:
    record = normalise_documents(ReportMetadata.model_validate(body), documents, DETECTOR)
    there = [
        (number, section.heading, section.text)
        for number, (_, parsed) in enumerate(documents)
        for section in parsed.sections
    ]
    assert [(s.document, s.heading, s.text) for s in record.sections] == there
    assert_every_field_says_where_it_comes_from(
        content_of(record, *[filename for filename, _ in documents])
    )
    for name in body.keys() - {"title"}:
        assert record.is_given(name)
    assert NormalisedReport.model_validate_json(record.model_dump_json()) == record


@unhurried
@given(PARSED)
def test_a_title_is_the_document_s_own_before_it_is_its_file_s(
    documents: list[tuple[str, ParsedDocument]],
) -> None:
    filename, first = documents[0]
    metadata = ReportMetadata(title=title_from(filename))
    record = normalise_documents(metadata, documents, DETECTOR)
    assert record.title == (first.title or metadata.title)
    source = "/documents/0" if first.title else "/documents/0/filename"
    assert record.provenance["/title"].source == source


# Lone surrogates are no text, but a JSON escape can spell them.
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
NAMES = [*ReportSubmission.model_fields, "unknown"]
NEARLY = st.builds(
    lambda good, bad: good | bad,
    SUBMISSIONS,
    st.dictionaries(st.sampled_from(NAMES), ANYTHING, min_size=1, max_size=2),
)


@unhurried
@given(st.one_of(NEARLY, ANYTHING).map(lambda value: json.dumps(value).encode()) | st.binary())
def test_hostile_input_is_refused_with_pointers_or_taken_whole(body: bytes) -> None:
    try:
        report = read_model(ReportSubmission, body, pointer="")
    except InvalidInput as error:
        for each in error.errors:
            assert each.pointer == "" or each.pointer.startswith("/")
            assert each.detail.encode()
        return
    record = normalise_submission(report, DETECTOR)
    assert NormalisedReport.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize("text", ["\x00 ett", "\x00\x00", " \x00 "])
def test_a_nul_hides_no_blanks(text: str) -> None:
    if not visible(text):
        with pytest.raises(ValueError, match="at least 1 character"):
            ReportMetadata(title=text)
    else:
        assert ReportMetadata(title=text).title == "ett"
