"""Reading a request that hands over a table: a file, and what the sender knows about it."""

from dataclasses import dataclass
from typing import Final, TypeVar

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from libs.errors import FieldError, InvalidInput, UnsupportedFormat
from libs.events.pointers import field_errors, json_pointer
from libs.events.report import ReportMetadata, Strict
from libs.events.tables import TableDefaults, TableMapping
from services.ingest.forms import read_form
from services.ingest.submissions import check_taxonomy

S = TypeVar("S", bound=Strict)

_PARTS: Final = frozenset({"document", "mapping", "defaults", "sheet", "language"})
_MAX_SHEET_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class TableForm:
    """What was handed over."""

    content: bytes
    mapping: TableMapping
    defaults: TableDefaults
    sheet: str | None


async def read_table_form(request: Request) -> TableForm:
    """The form. Raises UnsupportedFormat for anything else, InvalidInput with JSON pointers."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "multipart/form-data":
        raise UnsupportedFormat(
            f"Content type {content_type[:100] or '(none)'} is not taken here. Send "
            "multipart/form-data with the table as a part `document` and, if you like, parts "
            "`mapping`, `defaults`, `sheet` and `language`."
        )
    form = await read_form(request, max_files=3, max_fields=5)
    try:
        return await _read(form)
    finally:
        await form.close()


async def _read(form: FormData) -> TableForm:
    unknown = [name for name in form if name not in _PARTS]
    if unknown:
        raise InvalidInput(
            "The form has parts that are not known.",
            errors=tuple(FieldError(json_pointer((name,)), "Unknown part") for name in unknown),
        )
    upload = form.get("document")
    if not isinstance(upload, UploadFile):
        raise _wrong("document", "A file is required")
    content = await upload.read()
    if not content.strip():
        raise _wrong("document", "The file is empty")
    defaults = _model(TableDefaults, "defaults", await _text(form, "defaults"))
    language = await _text(form, "language")
    if language:
        given = defaults.model_dump() | {"language": language.decode(errors="replace").strip()}
        defaults = _validated(TableDefaults, "", given)
    known = ReportMetadata(title="-", **defaults.model_dump(include={"themes", "target_groups"}))
    check_taxonomy(known, pointer="/defaults")
    sheet = (await _text(form, "sheet")).decode(errors="replace").strip()
    if len(sheet) > _MAX_SHEET_NAME or not sheet.isprintable():
        raise _wrong("sheet", "No sheet has such a name")
    return TableForm(
        content=content,
        mapping=_model(TableMapping, "mapping", await _text(form, "mapping")),
        defaults=defaults,
        sheet=sheet or None,
    )


async def _text(form: FormData, name: str) -> bytes:
    part = form.get(name) or b""
    if isinstance(part, UploadFile):
        return await part.read()
    return part if isinstance(part, bytes) else part.encode()


def _model(model: type[S], name: str, body: bytes) -> S:
    if not body.strip():
        return model()
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(f"/{name}", error) from error


def _validated(model: type[S], pointer: str, given: dict[str, object]) -> S:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(pointer, error) from error


def _invalid(pointer: str, error: ValidationError) -> InvalidInput:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    errors = field_errors(found)  # type: ignore[arg-type]  # ErrorDetails is a TypedDict
    return InvalidInput(
        "The form is not as described; see errors.",
        errors=tuple(FieldError(pointer + e.pointer, e.detail) for e in errors),
    )


def _wrong(name: str, detail: str) -> InvalidInput:
    return InvalidInput(
        "The form needs a part `document`, a file with a table in it, and no strange others.",
        errors=(FieldError(f"/{name}", detail),),
    )
