"""Which report a submission is, and whether it is the same as before."""

import hashlib
import json
import uuid
from collections.abc import Sequence

from libs.events.report import ReportMetadata

NAMESPACE = uuid.UUID("6d1f5cf4-2c5e-5b0a-9a43-2f1d3b2f5a10")


def submission_digest(submission: ReportMetadata, documents: Sequence[str] = ()) -> str:
    """SHA-256 over the canonical submission and its documents' digests in order, hexadecimal.

    Two submissions with the same digest are the same version of a report.
    """
    # None and a lone digest stand as they did when a report had one document at most: other
    # digests would make new versions, and new reports, of what is here.
    digests = list(documents) if len(documents) > 1 else next(iter(documents), None)
    canonical = json.dumps(
        [submission.model_dump(mode="json", exclude_defaults=True), digests],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def report_id(partner: str, external_id: str | None, digest: str, source: str | None = None) -> str:
    """The report's UUIDv5: from the partner's own id, or without one from the content.

    An id is the partner's own within the system it comes from (`source`), where that is said.
    So a submission that is sent again after a lost answer never makes a second report.
    """
    name = ["external", partner, external_id] if external_id else ["content", partner, digest]
    if external_id and source:
        name = ["source", partner, source, external_id]
    return str(uuid.uuid5(NAMESPACE, json.dumps(name, ensure_ascii=False)))
