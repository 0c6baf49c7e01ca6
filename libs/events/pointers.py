"""JSON pointers (RFC 6901), by which errors and provenance name a field."""

from collections.abc import Iterable

from libs.errors import FieldError


def json_pointer(parts: Iterable[object]) -> str:
    """A JSON pointer from its parts, with `~` and `/` in them escaped (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def field_errors(errors: list[dict[str, object]]) -> tuple[FieldError, ...]:
    """Turn pydantic's error list into JSON pointers and plain sentences."""
    return tuple(
        FieldError(
            pointer=json_pointer(error["loc"]),  # type: ignore[arg-type]
            detail=str(error["msg"]).removeprefix("Value error, "),
        )
        for error in errors
    )
