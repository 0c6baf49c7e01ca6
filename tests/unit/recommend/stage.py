"""A collection of a few reports on the engine itself, and recommend's app that is asked about it.

A text's vector is the direction of its first word, so that `work …` is near to `work …`.
"""

import asyncio
import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import httpx
import numpy as np
from fastapi import FastAPI

from libs.events.labels import InferredLabel, Label
from libs.events.records import Records, VersionRecord
from libs.events.report import ReportContent
from libs.language.detection import LanguageDetector
from libs.runtime.problems import install_problem_handlers
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import CollectionSpec, PassageIndex, PassagePoint, PayloadValue, Vector
from services.recommend.passage_search import PassageSearch
from services.recommend.peers import PeerFinder
from services.recommend.question import EmbedClient
from services.recommend.records import MB, ReportRecords
from services.recommend.search_api import search_routes
from services.recommend.themes import KnownThemes
from tests.unit.runtime.stage import a_telemetry, request

SPEC = CollectionSpec("m", 16)
BM25 = Bm25Encoder()
DETECTOR = LanguageDetector()
_SPACE = UUID(int=5)


def vector_of(text: str) -> Vector:
    """The direction of a text's first word, a little moved by the rest of it."""
    total = sum(
        weight * np.random.default_rng(list(part.encode())).normal(size=SPEC.dimension)
        for weight, part in ((1.0, text.split(maxsplit=1)[0]), (0.1, text))
    )
    unit: Vector = (total / np.linalg.norm(total)).astype(np.float32)
    return unit


@dataclass
class Stage:
    """The index, the records that ingest would give, and the app over both."""

    index: PassageIndex
    contents: dict[str, ReportContent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Wire recommend's parts."""
        records = ReportRecords(client(self.ingest), MB)
        search = PassageSearch(
            embed=EmbedClient(client(_embed)),
            index=lambda _spec: self.index,
            bm25=BM25,
            detector=DETECTOR,
            records=records,
            tracer=a_telemetry().tracer,
        )
        self.themes = KnownThemes(lambda: ("passages", self.index))
        self.app = FastAPI()
        install_problem_handlers(self.app)
        finder = PeerFinder(search, records, candidates=50)
        self.app.include_router(search_routes(search, finder, self.themes, lambda: self.index))

    def put(self, report_id: str, *texts: str, **report: Any) -> None:
        """A report with one section for each text, indexed as embed does it."""
        sections = [{"text": text, "heading": f"H{n}"} for n, text in enumerate(texts)]
        content = ReportContent.model_validate(
            {
                "report_id": report_id,
                "version": 1,
                "partner": "umea",
                "report": {"title": report_id.upper(), "sections": sections, **report},
            }
        )
        self.contents[report_id] = content
        self.index.upsert(_points(content))
        self.index.publish(report_id, 1)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request to the app."""
        return asyncio.run(request(self.app, method, path, **more))

    def ingest(self, asked: httpx.Request) -> httpx.Response:
        """What ingest answers for versions of reports: no label was found in any."""
        ids = [each["report_id"] for each in json.loads(asked.content)["versions"]]
        return told(self.contents[each] for each in ids if each in self.contents)


def told(contents: Iterable[ReportContent], labels: Sequence[Label] = ()) -> httpx.Response:
    """What ingest answers of versions that can be read, with the labels of each."""
    inferred = tuple(InferredLabel(**label.model_dump()) for label in labels)
    found = tuple(VersionRecord(content=each, labels=inferred) for each in contents)
    return httpx.Response(200, content=Records(records=found).model_dump_json())


def _embed(asked: httpx.Request) -> httpx.Response:
    vector = vector_of(json.loads(asked.content)["input"])
    encoded = base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return httpx.Response(200, json={"data": [{"embedding": encoded}], "model": "m"})


def client(behind: Any) -> httpx.Client:
    """A client that `behind` answers."""
    return httpx.Client(transport=httpx.MockTransport(behind), base_url="http://behind")


def _points(content: ReportContent) -> list[PassagePoint]:
    report = content.report
    shared: Mapping[str, PayloadValue] = {
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
        "year": report.period.end.year if report.period and report.period.end else None,
    }
    return [
        PassagePoint(
            id=uuid5(_SPACE, f"{content.report_id}/{number}"),
            dense=vector_of(section.text),
            sparse=BM25.encode_passage(section.text, "en"),
            payload={
                **shared,
                "language": "en",
                "kind": section.kind.value if section.kind else None,
                "section": number,
                "start": 0,
                "end": len(section.text),
                "text": section.text,
                "heading": section.heading,
                "page": None,
                "document": None,
            },
        )
        for number, section in enumerate(report.sections)
    ]
