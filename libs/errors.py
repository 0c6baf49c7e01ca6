"""Every error Navigator raises on purpose.

    NavigatorError
    ├── InvalidInput           422  the sender must change something; dead letter at once
    │   ├── TooLarge           413
    │   └── UnsupportedFormat  415
    ├── NotFound               404
    │   └── Gone               410  was here, was withdrawn
    ├── Conflict               409
    ├── PreconditionFailed     412  the thing has changed since the caller looked
    ├── Overloaded             429  come back later; a consumer pauses its partition
    └── Unavailable            503  a dependency is away; back off, do not commit

Anything else that is raised is a bug (500). Every message says what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a JSON pointer into the body, and what is wrong with it."""

    pointer: str
    detail: str


class NavigatorError(Exception):
    """Root of the tree. `code` is stable and machine-readable; `detail` is for people."""

    status = 500
    code = "internal"
    title = "Internal error"
    retryable = False

    def __init__(
        self, detail: str, *, code: str | None = None, errors: tuple[FieldError, ...] = ()
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = errors


class InvalidInput(NavigatorError):
    """The input can never be accepted as it is."""

    status = 422
    code = "invalid-input"
    title = "Invalid input"


class TooLarge(InvalidInput):
    """The input is over a size limit."""

    status = 413
    code = "too-large"
    title = "Too large"


class UnsupportedFormat(InvalidInput):
    """The media type is not read here, or the body is not what it says it is."""

    status = 415
    code = "unsupported-format"
    title = "Unsupported format"


class NotFound(NavigatorError):
    """No such thing, or none that this caller may see."""

    status = 404
    code = "not-found"
    title = "Not found"


class Gone(NotFound):
    """The thing was withdrawn; only its tombstone is left."""

    status = 410
    code = "gone"
    title = "Withdrawn"


class Conflict(NavigatorError):
    """The request contradicts the current state; one that will pass has a `retry_after` (s)."""

    status = 409
    code = "conflict"
    title = "Conflict"

    def __init__(
        self, detail: str, *, code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after
        self.retryable = retry_after is not None


class PreconditionFailed(NavigatorError):
    """What the caller wanted to be true (If-Match, If-None-Match) is not."""

    status = 412
    code = "precondition-failed"
    title = "Precondition failed"


class Overloaded(NavigatorError):
    """Too much at once. `retry_after` is in seconds."""

    status = 429
    code = "overloaded"
    title = "Too many requests"
    retryable = True

    def __init__(self, detail: str, *, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(NavigatorError):
    """A dependency does not answer; the same request may pass later."""

    status = 503
    code = "unavailable"
    title = "Temporarily unavailable"
    retryable = True


BY_STATUS: Final[Mapping[int, type[NavigatorError]]] = MappingProxyType(
    {
        kind.status: kind
        for kind in (
            InvalidInput,
            TooLarge,
            UnsupportedFormat,
            NotFound,
            Gone,
            Conflict,
            PreconditionFailed,
            Overloaded,
            Unavailable,
        )
    }
)
"""The error that an HTTP status means. 500 is not in it: a bug is no error of ours."""
