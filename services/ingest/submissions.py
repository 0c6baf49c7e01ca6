"""Reading a submission from an HTTP request: JSON as a whole, or metadata with a document."""

import unicodedata
from pathlib import PurePath
from typing import Final, TypeVar

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from libs.errors import FieldError, InvalidInput, UnsupportedFormat
from libs.events.pointers import field_errors, json_pointer
from libs.events.report import MAX_DOCUMENTS, ReportMetadata, ReportSubmission
from libs.taxonomy import labels
from services.ingest.forms import read_form
from services.ingest.intake import Document
from services.ingest.normalisation import title_from
from services.ingest.parsing.detection import sniff
from services.ingest.places import check_places

M = TypeVar("M", bound=ReportMetadata)

MAX_FILENAME = 255
# More than a report may have, so that too many are told in our words.
_MAX_FILES: Final = 1_000
_TAXONOMIES: Final[tuple[labels.Kind, ...]] = ("themes", "target_groups")


async def read_submission(request: Request) -> tuple[ReportMetadata, tuple[Document, ...]]:
    """What was handed over: a report, and the documents that hold its text.

    Raises UnsupportedFormat for another content type, or a document that is not what it says
    it is; InvalidInput, with JSON pointers, for everything else that is wrong.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json":
        return read_model(ReportSubmission, await request.body(), pointer=""), ()
    if content_type == "multipart/form-data":
        return await _read_form(request)
    raise UnsupportedFormat(
        f"Content type {content_type or '(none)'} is not taken here. Send application/json, or "
        "multipart/form-data with parts `document` and, if you have it, a part `metadata`. Many "
        "reports go to POST /v1/bulk/reports (NDJSON) or to POST /v1/bulk/table (CSV, XLSX)."
    )


def read_model(model: type[M], body: bytes, *, pointer: str) -> M:
    """JSON bytes as a model. Raises InvalidInput; pointers begin with `pointer`."""
    if not body.strip():
        raise InvalidInput("The body is empty. Send a report as JSON with a title and some text.")
    try:
        report = model.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        errors = field_errors(found)  # type: ignore[arg-type]  # ErrorDetails is a TypedDict
        raise InvalidInput(
            "The report is not as described; see errors.",
            errors=tuple(FieldError(pointer + e.pointer, e.detail) for e in errors),
        ) from error
    check_taxonomy(report, pointer=pointer)
    check_places(report, pointer=pointer)
    return report


def check_taxonomy(report: ReportMetadata, *, pointer: str = "") -> None:
    """Raise InvalidInput, which lists the known ids, for themes and groups that are not known.

    They are checked here and not in the model, so that what was taken in once can be read for
    ever.
    """
    sentences: list[str] = []
    errors: list[FieldError] = []
    for kind in _TAXONOMIES:
        known = labels.ids(kind)
        unknown = [
            (place, given)
            for place, given in enumerate(getattr(report, kind))
            if given not in known
        ]
        errors += [
            FieldError(pointer + json_pointer((kind, place)), f"{given} is not known here")
            for place, given in unknown
        ]
        if unknown:
            sentences.append(f"Known {kind} are: {', '.join(known)}.")
    if errors:
        raise InvalidInput(" ".join(sentences), errors=tuple(errors))


async def _read_form(request: Request) -> tuple[ReportMetadata, tuple[Document, ...]]:
    form = await read_form(request, max_files=_MAX_FILES, max_fields=5)
    try:
        uploads = _uploads(form)
        several = len(uploads) > 1
        documents = [
            await _read_document(upload, f"/document/{number}" if several else "/document")
            for number, upload in enumerate(uploads)
        ]
        return await _read_metadata(form, documents[0]), tuple(documents)
    finally:
        await form.close()


def _uploads(form: FormData) -> list[UploadFile]:
    unknown = [name for name in form if name not in {"document", "metadata"}]
    if unknown:
        raise InvalidInput(
            "The form has parts that are not known.",
            errors=tuple(FieldError(json_pointer((name,)), "Unknown part") for name in unknown),
        )
    parts = form.getlist("document")
    uploads = [part for part in parts if isinstance(part, UploadFile)]
    if not uploads or len(uploads) < len(parts):
        raise InvalidInput(
            "The form needs a part `document` that is a file, or several.",
            errors=(FieldError("/document", "A file is required"),),
        )
    if len(uploads) > MAX_DOCUMENTS:
        raise InvalidInput(
            f"A report has at most {MAX_DOCUMENTS} documents, and these are {len(uploads)}. Leave "
            "annexes out, or send them as reports of their own.",
            errors=(FieldError("/document", f"More than {MAX_DOCUMENTS} files"),),
        )
    return uploads


async def _read_document(upload: UploadFile, pointer: str) -> Document:
    content = await upload.read()
    filename = plain_filename(upload.filename or "")
    if not content:
        raise InvalidInput(
            f"{filename} is empty.", errors=(FieldError(pointer, "The file has no bytes"),)
        )
    try:
        media_type = sniff(content, upload.content_type, filename)
    except UnsupportedFormat as error:
        wrong = FieldError(pointer, error.detail)
        raise UnsupportedFormat(f"{filename}: {error.detail}", errors=(wrong,)) from error
    return Document(filename, media_type, content)


def plain_filename(given: str) -> str:
    """The name without its folders and without characters that are not seen or not text."""
    seen = "".join(char for char in given if unicodedata.category(char)[0] != "C")
    return PurePath(seen.strip()).name[-MAX_FILENAME:].strip() or "document"


async def _read_metadata(form: FormData, document: Document) -> ReportMetadata:
    part = form.get("metadata")
    if part is None:
        return ReportMetadata(title=title_from(document.filename))
    body = await part.read() if isinstance(part, UploadFile) else part.encode()
    return read_model(ReportMetadata, body, pointer="/metadata")
