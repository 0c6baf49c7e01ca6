"""From passages and vectors to what stands in the index."""

import hashlib
import uuid
from collections.abc import Sequence

from libs.events.labels import LabelKind
from libs.events.report import ReportContent
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassagePoint, PayloadValue
from services.embed.embedder import Vectors
from services.embed.passage_languages import PassageLanguage
from services.embed.passages import Passage
from services.embed.sorting import inferred
from services.embed.sorting.sorter import PassageKind, Sorted

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
    languages: Sequence[PassageLanguage],
    bm25: Bm25Encoder,
    *,
    digest: str,
    found: Sorted | None = None,
) -> list[PassagePoint]:
    """One point per passage; `vectors` has shape (len(passages), dimension).

    `digest` is the `content_digest` of the whole report; `found` what sorting found: the report's
    labels, and these passages' kinds. Neither overrides what the partner gave.
    """
    found = found or Sorted((), (None,) * len(passages))
    shared = _report_payload(content) | _inferred_payload(content, found) | {"digest": digest}
    return [
        PassagePoint(
            id=passage_id(content.report_id, content.version, passage.ordinal),
            dense=vector,
            sparse=bm25.encode_passage(passage.embedded, language.tag or ""),
            payload=shared
            | _passage_payload(content, passage, kind)
            | {"language": language.tag, "language_confidence": language.confidence},
        )
        for passage, vector, language, kind in zip(
            passages, vectors, languages, found.kinds, strict=True
        )
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


def _inferred_payload(content: ReportContent, found: Sorted) -> dict[str, PayloadValue]:
    """All that was inferred, and in the filters' fields what the report itself leaves empty."""
    labels, report = found.labels, content.report
    payload: dict[str, PayloadValue] = {"inferred": inferred.written(labels)}
    if not report.themes:
        payload["themes"] = inferred.values(labels, LabelKind.THEME)
    if not report.target_groups:
        payload["target_groups"] = inferred.values(labels, LabelKind.TARGET_GROUP)
    if not report.sdgs:
        payload["sdgs"] = [int(value) for value in inferred.values(labels, LabelKind.SDG)]
    return payload


def _passage_payload(
    content: ReportContent, passage: Passage, kind: PassageKind | None
) -> dict[str, PayloadValue]:
    section = content.report.sections[passage.section]
    told = section.kind or (kind.kind if kind else None)
    return {
        "ordinal": passage.ordinal,
        "section": passage.section,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "heading": section.heading,
        "document": section.document,
        "page": section.page,
        "kind": told.value if told else None,
        # Only of a kind that was inferred.
        "kind_confidence": kind.confidence if kind and not section.kind else None,
    }
