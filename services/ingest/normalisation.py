"""From what was handed over to the one record that the rest of the platform reads."""

from pathlib import PurePath

from libs.errors import InvalidInput
from libs.events.report import (
    NormalisedReport,
    ReportMetadata,
    ReportSubmission,
    Section,
)
from services.ingest.parsing.document import ParsedDocument


def normalise_submission(submission: ReportSubmission) -> NormalisedReport:
    """A JSON submission: its text, if given as one piece, becomes the first section."""
    whole = (Section(text=submission.text),) if (submission.text or "").strip() else ()
    sections = tuple(s for s in (*whole, *submission.sections) if s.text.strip())
    fields = submission.model_dump(exclude={"text", "sections"})
    return NormalisedReport(**fields, sections=sections)


def normalise_document(
    metadata: ReportMetadata, document: ParsedDocument, filename: str
) -> NormalisedReport:
    """A document with metadata beside it. Raises InvalidInput when it has no text.

    A title that is only the file's name gives way to the one found in the document.
    """
    if not any(section.text.strip() for section in document.sections):
        raise InvalidInput("the document has no text", code="no-text")
    fields = metadata.model_dump()
    if metadata.title == title_from(filename) and document.title:
        fields["title"] = document.title
    return NormalisedReport(**fields, sections=document.sections)


def title_from(filename: str) -> str:
    """The title of a document that came without one: its file name without the ending."""
    return PurePath(filename).stem.strip() or "document"
