"""Reading multipart/form-data, so that whatever is wrong with a form is told to its sender."""

from typing import Final

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException

from libs.errors import InvalidInput, UnsupportedFormat

_MAX_PART_BYTES: Final = 1_000_000
_CHARSETS: Final = frozenset({b"utf-8", b"utf8"})


async def read_form(request: Request, *, max_files: int, max_fields: int) -> FormData:
    """The form, for the caller to close. Raises UnsupportedFormat, InvalidInput."""
    _, given = parse_options_header(request.headers.get("content-type"))
    charset = given.get(b"charset", b"utf-8")
    # Python has codecs that no form is written in, some fail in ways of their own, and some make
    # text that UTF-8 cannot hold.
    if charset.lower() not in _CHARSETS:
        raise UnsupportedFormat(
            f"A form in {charset[:100].decode('ascii', 'replace')} is not taken. Send it in UTF-8 "
            "and leave `charset` out; documents in it may be in any encoding."
        )
    try:
        return await request.form(
            max_files=max_files, max_fields=max_fields, max_part_size=_MAX_PART_BYTES
        )
    except MultiPartException as error:
        raise InvalidInput(f"The form cannot be read: {error.message}") from error
    except ValueError as error:
        raise InvalidInput("The form cannot be read: it is not as RFC 7578 has it.") from error
