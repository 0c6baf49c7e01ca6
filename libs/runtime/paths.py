"""Addresses that hold a partner's own id, whatever stands in it: slashes, spaces, line breaks."""

from typing import Final
from urllib.parse import quote, unquote_to_bytes

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import Scope

from libs.errors import FieldError, InvalidInput

NAMED_REPORT: Final = "/v1/sources/{source}/reports/{external_id:any_text}"
"""The address of a report by its partner's own name; routes need `register_any_text`."""

_DOTS: Final = {".": "%2E", "..": "%2E%2E"}


class _AnyText(Convertor[str]):
    """The rest of a path. Starlette's own `path` ends at a line break."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


def register_any_text() -> None:
    """Let routes say `{name:any_text}`."""
    register_url_convertor("any_text", _AnyText())


def path_segment(text: str) -> str:
    """Any text as one segment of a path that no client and no proxy takes for more than one."""
    return _DOTS.get(text) or quote(text, safe="")


def raw_path(scope: Scope) -> bytes:
    """The path as it was sent. Raises InvalidInput for one that would be read in two ways.

    Segments of dots are taken away by some clients and kept by others, so that a path with them
    would be checked here and mean another one behind; and what is no UTF-8 would be replaced,
    so that different ids became one.
    """
    sent: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    if any(segment in {b".", b".."} for segment in sent.split(b"/")):
        raise _not_an_address("has a segment of dots only; write each dot of an id as %2E")
    try:
        unquote_to_bytes(sent).decode()
    except UnicodeDecodeError as error:
        raise _not_an_address("is not UTF-8; write an id as %XX of its UTF-8 bytes") from error
    return sent


def _not_an_address(reason: str) -> InvalidInput:
    return InvalidInput(f"This address {reason}.", errors=(FieldError("/path", f"It {reason}"),))
