"""An installation that holds so many passages, without having embedded all of them.

The demonstration corpus with its whole records, real projects with title and text, and above what
those have, copies under other ids with vectors jittered to a cosine of about 0.96.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count, groupby
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from benchmarks.index import NOISE
from benchmarks.index_corpus import Corpus
from libs.database.engine import open_engine
from libs.events.report import NormalisedReport, ReportContent, ReportStatus
from libs.language.detection import LanguageDetector
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec
from libs.vectors.rules import SPEC_FILE
from quality.demonstration import PASSAGE_TOKENS, corpus
from services.embed.embedder import Embedder, Vectors
from services.embed.passage_languages import PassageLanguage
from services.embed.passages import Passage, cut
from services.embed.points import points
from services.ingest.tables import ReportRow, StatusRow, VersionRow

PARTNER: Final = "benchmark"
SPACE: Final = uuid.UUID("7c1d9f0e-5b6a-5c1e-9a57-3d0b8f6a2e44")
NOW: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# Rows of one transaction.
ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class Material:
    """A report with its passages; row `i` of `vectors` is passage `i`."""

    report: NormalisedReport
    passages: Sequence[Passage]
    vectors: Vectors
    language: str | None


def material(real: Corpus, embedder: Embedder) -> list[Material]:
    """The demonstration corpus, and then the real reports."""
    found = []
    for report in corpus(LanguageDetector()):
        passages = cut(report, embedder.count_tokens, PASSAGE_TOKENS)
        vectors = embedder.embed_passages([passage.embedded for passage in passages])
        found.append(Material(report, passages, vectors, report.language))
    numbered = zip(real.passages, count())
    for number, several in groupby(numbered, key=lambda pair: pair[0].report):
        mine = list(several)
        found.append(
            Material(
                real.reports[number],
                [passage.place for passage, _ in mine],
                real.vectors[[row for _, row in mine]],
                mine[0][0].language,
            )
        )
    return found


def fill(folder: Path, made_of: Sequence[Material], size: int) -> None:
    """Put so many passages, with their reports' records, into a stopped installation's folder."""
    place = collection(folder)
    spec = CollectionSpec(**json.loads((place / SPEC_FILE).read_bytes()))
    contents = list(_taken(made_of, size))
    bm25 = Bm25Encoder()
    with closing(EdgePassageIndex.open(place, spec)) as index:
        for content, each in contents:
            languages = [PassageLanguage(each.language)] * len(each.passages)
            index.upsert(
                points(content, each.passages, each.vectors, languages, bm25, digest="benchmark")
            )
            index.publish(content.report_id, content.version)
    engine = open_engine(f"sqlite:///{folder / 'navigator.db'}")
    for start in range(0, len(contents), ROWS):
        with Session(engine) as session, session.begin():
            for content, each in contents[start : start + ROWS]:
                _record(session, content, len(each.passages))
    engine.dispose()


def collection(folder: Path) -> Path:
    """The folder of an installation's collection."""
    roles = json.loads((folder / "index" / "passages.roles.json").read_bytes())
    return folder / "index" / str(roles["active"])


def _taken(made_of: Sequence[Material], size: int) -> Iterator[tuple[ReportContent, Material]]:
    """Reports in order, and from the beginning again as copies, up to so many passages."""
    random = np.random.default_rng(7)
    left = size
    for copy in count():
        for number, each in enumerate(made_of):
            if left == 0:
                return
            vectors = each.vectors[:left]
            if copy:
                noise = random.normal(size=vectors.shape).astype(np.float32)
                vectors = vectors + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            content = ReportContent(
                report_id=str(uuid.uuid5(SPACE, f"{number}/{copy}")),
                version=1,
                partner=PARTNER,
                report=each.report,
            )
            yield content, Material(each.report, each.passages[:left], vectors, each.language)
            left -= len(vectors)


def _record(session: Session, content: ReportContent, passages: int) -> None:
    """The record as ingest leaves it of a report that is indexed."""
    report_id, report = content.report_id, content.report
    session.add(
        ReportRow(
            id=report_id,
            partner=PARTNER,
            folded_title=report.title.casefold(),
            version=1,
            created_at=NOW,
        )
    )
    session.flush()
    session.add(
        VersionRow(
            report_id=report_id,
            version=1,
            digest="0" * 64,
            title=report.title,
            submission={},
            content=report.model_dump(mode="json", exclude_defaults=True),
            status=ReportStatus.INDEXED,
            passages=passages,
            submitted_at=NOW,
            updated_at=NOW,
            resend_at=NOW,
        )
    )
    session.add(
        StatusRow(
            report_id=report_id, seq=1, version=1, status=ReportStatus.INDEXED, at=NOW, detail={}
        )
    )
