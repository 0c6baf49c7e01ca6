"""From what was handed over to the one record that the rest of the platform reads.

Each field that is filled says where it comes from: from the partner, from what a document says of
itself, or from the text by inference. What is not known stays empty.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, Final

from libs.errors import InvalidInput, TooLarge
from libs.events.pointers import json_pointer
from libs.events.report import (
    MAX_TEXT_CHARS,
    NormalisedReport,
    Origin,
    Provenance,
    ReportMetadata,
    ReportSubmission,
    Section,
    SubmittedSection,
)
from libs.language.detection import LanguageDetector
from services.ingest.parsing.document import ParsedDocument
from services.ingest.report_language import report_language

Found = dict[str, tuple[Any, Provenance]]
"""Fields that were not given, with their values and where these come from."""

_GIVEN: Final = Provenance(origin=Origin.GIVEN)


def normalise_submission(
    submission: ReportSubmission, detector: LanguageDetector
) -> NormalisedReport:
    """A JSON submission: its text, if given as one piece, becomes the first section.

    A section that is only a heading is kept, for the heading is text too.
    """
    whole = SubmittedSection(text=submission.text or "")
    sections = tuple(
        Section.model_validate(section.model_dump())
        for section in (whole, *submission.sections)
        if section.text.strip() or section.heading
    )
    told = _language(submission, sections, None, "/report/sections", detector)
    return _record(submission, told | {"sections": (sections, _GIVEN)})


def normalise_documents(
    metadata: ReportMetadata,
    documents: Iterable[tuple[str, ParsedDocument]],
    detector: LanguageDetector,
) -> NormalisedReport:
    """Documents, each with its file name, and the metadata that came beside them.

    The first is the report itself, the others are annexes: what a document says of itself is
    taken from the first alone. A title that is only its file's name gives way to its own.
    Raises InvalidInput when there is no text, TooLarge when there is too much in all of them.
    """
    read = list(_within_limit(documents))
    sections = tuple(
        section.model_copy(update={"document": number})
        for number, (_, document) in enumerate(read)
        for section in document.sections
    )
    if not any(section.text.strip() for section in sections):
        raise InvalidInput("the document has no text", code="no-text")
    filename, first = read[0]
    found = _language(metadata, first.sections, first.language, "/documents/0", detector)
    found["sections"] = (sections, _extracted("/documents"))
    if metadata.title == title_from(filename):
        source = "/documents/0" if first.title else "/documents/0/filename"
        found["title"] = (first.title or metadata.title, _extracted(source))
    return _record(metadata, found)


def title_from(filename: str) -> str:
    """The title of a document that came without one: its file name without the ending."""
    return PurePath(filename).stem.strip() or "document"


def _within_limit(
    documents: Iterable[tuple[str, ParsedDocument]],
) -> Iterator[tuple[str, ParsedDocument]]:
    chars = 0
    for filename, document in documents:
        chars += sum(len(section.text) for section in document.sections)
        if chars > MAX_TEXT_CHARS:
            raise TooLarge(
                f"The documents have more than {MAX_TEXT_CHARS:,} characters of text together. "
                "Send the report itself without annexes, or in parts."
            )
        yield filename, document


def _language(
    metadata: ReportMetadata,
    sections: Sequence[Section],
    declared: str | None,
    source: str,
    detector: LanguageDetector,
) -> Found:
    if metadata.language:
        return {}
    told = report_language(sections, declared, source, detector)
    return {"language": told} if told else {}


def _record(metadata: ReportMetadata, found: Found) -> NormalisedReport:
    """What was given, and over it what was found."""
    said = metadata.model_dump(exclude={"text", "sections"}, exclude_defaults=True)
    given = {name: value for name, value in said.items() if value != ""}
    origins = dict.fromkeys(given, _GIVEN) | {name: origin for name, (_, origin) in found.items()}
    return NormalisedReport.model_validate(
        given
        | {name: value for name, (value, _) in found.items()}
        | {"provenance": {json_pointer((name,)): origin for name, origin in origins.items()}}
    )


def _extracted(source: str) -> Provenance:
    return Provenance(origin=Origin.EXTRACTED, source=source)
