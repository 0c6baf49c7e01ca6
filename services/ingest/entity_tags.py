"""Entity tags, and what callers want to be true of them (RFC 9110, 8.8.3 and 13).

A receipt's tag has two halves, `"<revision>.<body>"`. The revision changes when the partner does
something: with each version, and when the report is withdrawn. The second half changes with
everything in the receipt. If-None-Match looks at both; If-Match looks at the revision only,
because otherwise the platform's own progress would make a tag stale within the second after it
was given out (docs/adr/0015).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from libs.errors import FieldError, InvalidInput, PreconditionFailed
from libs.events.headers import ENTITY_TAGS
from libs.events.report import Receipt, ReportStatus

ANY: Final = "*"
_TAG = re.compile(r'(W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a report is when somebody wants to change it."""

    revision: str
    withdrawn: bool


def standing(version: int, status: str) -> Standing:
    """The standing of a report's newest version."""
    withdrawn = status == ReportStatus.WITHDRAWN
    return Standing(f"{version}{'w' if withdrawn else ''}", withdrawn)


def receipt_tag(receipt: Receipt, body: bytes) -> str:
    """The tag of a receipt, with its quotes."""
    revision = standing(receipt.version, receipt.status).revision
    return f'"{revision}.{hashlib.sha256(body).hexdigest()[:24]}"'


def content_tag(body: bytes) -> str:
    """The tag of what has no revisions of its own, with its quotes."""
    return f'"{hashlib.sha256(body).hexdigest()}"'


def unchanged(tag: str, if_none_match: str | None) -> bool:
    """True when a reader has this already. Raises InvalidInput for a header that is no list."""
    if if_none_match is None:
        return False
    known = _tags(if_none_match, "if-none-match", weak=True)
    return ANY in known or tag in known


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be true of a report before it is changed; by default nothing."""

    if_match: frozenset[str] | None = None
    if_none_match: frozenset[str] | None = None

    def check(self, found: Standing | None, *, done: bool) -> None:
        """Raise PreconditionFailed unless it is true of `found` (None: no such report).

        With `done` the report is already as the caller wants it: then what she saw before may be
        older, for it may have been she whose answer was lost.
        """
        if self.if_match is not None and not done and not _among(self.if_match, found):
            raise PreconditionFailed(
                f"{_told(found)} That is not what If-Match names: read it again, and decide anew."
            )
        if self.if_none_match is not None and _among(self.if_none_match, found):
            raise PreconditionFailed(f"{_told(found)} If-None-Match wants it not to be there.")


ANYTHING: Final = Condition()


def read_condition(if_match: str | None, if_none_match: str | None) -> Condition:
    """The condition of a request that changes something. Raises InvalidInput."""
    return Condition(
        None if if_match is None else _tags(if_match, "if-match", weak=False),
        None if if_none_match is None else _tags(if_none_match, "if-none-match", weak=True),
    )


def _among(tags: frozenset[str], found: Standing | None) -> bool:
    if found is None:
        return False
    if ANY in tags:
        return not found.withdrawn
    return found.revision in {tag.strip('"').partition(".")[0] for tag in tags}


def _told(found: Standing | None) -> str:
    if found is None:
        return "There is no such report."
    state = ", withdrawn" if found.withdrawn else ""
    return f"The report is at version {found.revision.rstrip('w')}{state}."


def _tags(header: str, name: str, *, weak: bool) -> frozenset[str]:
    if header.strip() == ANY:
        return frozenset({ANY})
    if not re.match(ENTITY_TAGS, header):
        raise InvalidInput(
            f"{name} is not a list of entity tags. Send the ETag as it came, with its quotes.",
            errors=(FieldError(f"/header/{name}", "Not an entity tag in quotes"),),
        )
    # A weak tag names nothing that could be changed, but something that need not be sent again.
    return frozenset(tag for mark, tag in _TAG.findall(header) if weak or not mark)
