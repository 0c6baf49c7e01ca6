"""From passages and vectors to what stands in the index."""

import hashlib
import uuid
from collections.abc import Sequence

from libs.events.report import ReportContent
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassagePoint, PayloadValue
from services.embed.embedder import Vectors
from services.embed.passages import Passage

NAMESPACE = uuid.UUID("0f4b2c9e-7a52-5f3c-8f0e-5d2c6a7b9e11")


def passage_id(report_id: str, version: int, ordinal: int) -> uuid.UUID:
    """UUIDv5 of report, version and passage: a retry writes the same points again."""
    return uuid.uuid5(NAMESPACE, f"{report_id}/{version}/{ordinal}")


def content_digest(submission: str, passages: Sequence[Passage]) -> str:
    """SHA-256, hexadecimal, over a submission's digest and what its passages are.

    It stands in each payload, so that passages of another content or another cut under the same
    report and version are told apart.
    """
    digest = hashlib.sha256(submission.encode())
    for passage in passages:
        place = f"\x00{passage.section} {passage.start} {passage.end} "
        digest.update(f"{place}{passage.embedded}".encode())
    return digest.hexdigest()


def points(
    content: ReportContent,
    passages: Sequence[Passage],
    vectors: Vectors,
    languages: Sequence[str | None],
    bm25: Bm25Encoder,
    *,
    digest: str,
) -> list[PassagePoint]:
    """One point per passage; `vectors` has shape (len(passages), dimension).

    `languages` are the passages' language tags, None where it is not known; `digest` is the
    `content_digest` of the whole report.
    """
    shared = _report_payload(content) | {"digest": digest}
    return [
        PassagePoint(
            id=passage_id(content.report_id, content.version, passage.ordinal),
            dense=vector,
            sparse=bm25.encode_passage(passage.embedded, language or ""),
            payload=shared | _passage_payload(content, passage) | {"language": language},
        )
        for passage, vector, language in zip(passages, vectors, languages, strict=True)
    ]


def _report_payload(content: ReportContent) -> dict[str, PayloadValue]:
    report = content.report
    period = report.period
    last = (period.end or period.start) if period else None
    return {
        "report_id": content.report_id,
        "version": content.version,
        "partner": content.partner,
        "title": report.title,
        "country": sorted({place.country for place in report.places}),
        "nuts": sorted({place.nuts for place in report.places if place.nuts}),
        "themes": list(report.themes),
        "target_groups": list(report.target_groups),
        "sdgs": list(report.sdgs),
        "outcome": report.outcome.value if report.outcome else None,
        "year": last.year if last else None,
    }


def _passage_payload(content: ReportContent, passage: Passage) -> dict[str, PayloadValue]:
    section = content.report.sections[passage.section]
    return {
        "ordinal": passage.ordinal,
        "section": passage.section,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "heading": section.heading,
        "document": section.document,
        "page": section.page,
        "kind": section.kind.value if section.kind else None,
    }
