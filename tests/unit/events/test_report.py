"""The report model refuses what it must and invents nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.events.pointers import json_pointer
from libs.events.report import (
    MAX_TEXT_CHARS,
    Provenance,
    ReportMetadata,
    ReportStatus,
    ReportSubmission,
)
from libs.events.topics import TOPICS, topic_of
from libs.language.detection import LanguageDetector
from services.ingest.identity import report_id, submission_digest
from services.ingest.normalisation import normalise_submission

DETECTOR = LanguageDetector(wide=True)


def test_title_and_text_are_enough_and_the_rest_stays_empty() -> None:
    report = ReportSubmission(title="Titel", text="Text")
    assert report.model_dump(exclude_defaults=True) == {"title": "Titel", "text": "Text"}


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Titel"},
        {"title": "Titel", "text": "  "},
        {"title": "Titel", "sections": [{"text": " "}]},
        {"title": " ", "text": "Text"},
        {"title": "Titel", "text": "Text", "unknown": 1},
        {"title": "Titel", "text": "Text", "language": "Swedish"},
        {"title": "Titel", "text": "Text", "links": [{"url": "javascript:alert(1)"}]},
        {"title": "Titel", "text": "Text", "budget": {"amount": -1, "currency": "SEK"}},
        {"title": "Titel", "text": "Text", "results": [{"value": float("nan")}]},
        {"title": "Titel", "text": "Text", "results": [{"value": float("-inf")}]},
        {"title": "Titel", "sections": [{"text": "Text", "page": 10**30}]},
        {"title": "Titel", "sections": [{"text": "Text", "document": 0}]},
        {"title": "Titel", "text": "Text", "provenance": {}},
    ],
)
def test_what_is_wrong_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ReportSubmission.model_validate(fields)


def test_the_sections_together_have_a_limit() -> None:
    half = {"text": "x" * (MAX_TEXT_CHARS // 2)}
    ReportSubmission.model_validate({"title": "T", "sections": [half, half]})
    with pytest.raises(ValidationError, match="in parts"):
        ReportSubmission.model_validate({"title": "T", "text": "x", "sections": [half, half]})


def test_pointers_escape_what_has_a_meaning_in_them() -> None:
    assert json_pointer(("a/b", "~", 0, "")) == "/a~1b/~0/0/"


def test_all_topics_say_who_writes_and_who_reads() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    for topic in TOPICS:
        payload = topic.payload.model_construct()
        assert topic_of(payload) is topic
        assert topic.producers
        assert topic.consumers


def test_a_nul_byte_is_taken_out() -> None:
    given = {
        "title": "Ti\0tel",
        "text": "Te\0xt",
        "places": [{"country": "SE", "lau": "24\x0080"}],
        "contacts": [{"name": "A\0", "email": "a\0@b.example"}],
        "links": [{"url": "https://a.example/\0"}],
    }
    kept = ReportSubmission.model_validate(given)
    assert kept.text == "Text"
    assert "\\u0000" not in kept.model_dump_json()


def test_a_text_in_one_piece_is_the_first_section() -> None:
    submission = ReportSubmission.model_validate(
        {"title": "T", "text": "Ett", "sections": [{"heading": "H", "text": "Två"}, {"text": " "}]}
    )
    assert [section.text for section in normalise_submission(submission, DETECTOR).sections] == [
        "Ett",
        "Två",
    ]


def test_a_heading_without_text_of_its_own_is_kept() -> None:
    sections = [{"heading": "Resultat", "text": ""}, {"heading": "År två", "text": "Text"}]
    submission = ReportSubmission.model_validate({"title": "T", "sections": sections})
    kept = normalise_submission(submission, DETECTOR).sections
    assert [(section.heading, section.text) for section in kept] == [
        ("Resultat", ""),
        ("År två", "Text"),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": "inferred"},
        {"origin": "given", "confidence": 1.0},
        {"origin": "extracted", "confidence": 0.5},
        {"origin": "inferred", "confidence": 1.5},
        {"origin": "extracted", "source": "documents/0"},
        {"origin": "extracted", "source": "/a~2"},
        {"origin": "guessed"},
    ],
)
def test_a_provenance_that_says_too_little_or_too_much_is_refused(
    fields: dict[str, object],
) -> None:
    with pytest.raises(ValidationError):
        Provenance.model_validate(fields)


@settings(deadline=None)  # the first example loads the detector's models
@given(st.text(min_size=1).filter(lambda text: text.replace("\x00", "").strip()))
def test_any_text_is_kept_as_it_is(text: str) -> None:
    submission = ReportSubmission(title="T", text=text)
    kept = normalise_submission(submission, DETECTOR).sections[0].text
    assert kept.strip() == text.replace("\x00", "").strip()


def test_the_same_content_is_the_same_report() -> None:
    one, two = ReportMetadata(title="T"), ReportMetadata(title="T")
    assert submission_digest(one, ["aa"]) == submission_digest(two, ["aa"])
    assert submission_digest(one, ["aa"]) != submission_digest(one, ["bb"])
    assert report_id("p", None, "digest") == report_id("p", None, "digest")


def test_digests_are_those_that_were_kept_when_there_was_one_document_at_most() -> None:
    one = submission_digest(ReportMetadata(title="T"), ["aa"])
    assert one == "c4d6a57d927b180dcdba8b49bba520b92c953e1d823b7d11bd59aabc3c173ae1"
    none = submission_digest(ReportSubmission(title="T", text="x"))
    assert none == "903bd6b2ad097c18767a46fb92664e7cd1bfcff9258b4b3a6ad4178a9ff280f7"


def test_partners_do_not_share_ids() -> None:
    assert report_id("norr", "1", "d") != report_id("syd", "1", "d")
    assert report_id("norr", "1", "d") == report_id("norr", "1", "other")


def test_which_statuses_are_final() -> None:
    assert {status.value for status in ReportStatus if status.final} == {
        "indexed",
        "rejected",
        "withdrawn",
    }
