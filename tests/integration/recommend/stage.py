"""Recommend's desk on a real database, with a clock and a pace that tests move."""

import asyncio
import datetime as dt
import itertools
import json
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from libs.bus.record import Record, record_of
from libs.database.engine import Database
from libs.database.outbox import OutboxRow
from libs.events.envelope import EventPayload
from libs.events.report import NormalisedReport, ReportContent
from libs.language.detection import LanguageDetector
from libs.runtime.problems import install_problem_handlers
from services.recommend.feedback.api import feedback_routes
from services.recommend.feedback.desk import FeedbackDesk
from services.recommend.feedback.pace import Pace
from services.recommend.feedback.scores import FeedbackScores
from services.recommend.records import MB, ReportRecords
from services.recommend.unmet.api import unmet_routes
from services.recommend.unmet.needs import UnmetNeeds
from tests.unit.recommend.stage import told
from tests.unit.runtime.stage import request

REPORT = "3f0a4b52-7c1e-5d7e-9a3b-0c2f4b8d6e10"
PARTNER = "umea"
DETECTOR = LanguageDetector()
METHOD = "Uppsökande arbete"


class Stage:
    """The desk, its route, and the report of a partner."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
        self.seconds = 0.0
        self.woken = 0
        ids = (f"id-{number}" for number in itertools.count())
        self._new_id = lambda: next(ids)
        transport = httpx.MockTransport(_ingest)
        self.desk = FeedbackDesk(
            database=database,
            records=ReportRecords(httpx.Client(transport=transport, base_url="http://ingest"), MB),
            record_of=self._record_of,
            clock=lambda: self.now,
            new_id=self._new_id,
            pace=Pace(burst=5_000, per_s=1.0, monotonic=lambda: self.seconds),
            committed=self._wake,
        )
        self.scores = FeedbackScores(database)
        self.app = FastAPI()
        install_problem_handlers(self.app)
        self.app.include_router(feedback_routes(self.desk, self.scores))
        self.needs = UnmetNeeds(database, lambda: self.now, DETECTOR)
        self.app.include_router(unmet_routes(self.needs))

    def give(
        self,
        verdict: str = "useful",
        *,
        address: str | None = "192.0.2.7",
        tenant: str | None = None,
        key: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """A verdict as the gateway passes it on."""
        headers = {
            "x-navigator-client-address": address,
            "x-navigator-tenant": tenant,
            "idempotency-key": key,
        }
        given = {"report_id": REPORT, "version": 1, "verdict": verdict, **more}
        sent = {name: value for name, value in headers.items() if value is not None}
        return asyncio.run(request(self.app, "POST", "/v1/feedback", json=given, headers=sent))

    def ask(self, path: str, **query: Any) -> httpx.Response:
        """A list, as it is asked for."""
        return asyncio.run(request(self.app, "GET", path, params=query))

    def events(self) -> list[dict[str, Any]]:
        """What waits to be published."""
        with self.database.read() as session:
            rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        return [json.loads(row.value) for row in rows]

    def _wake(self) -> None:
        self.woken += 1

    def _record_of(self, payload: EventPayload) -> Record:
        return record_of(
            payload,
            source="/navigator/recommend",
            clock=lambda: self.now,
            new_id=self._new_id,
        )


def _ingest(asked: httpx.Request) -> httpx.Response:
    if {"report_id": REPORT, "version": 1} not in json.loads(asked.content)["versions"]:
        return told(())
    report = NormalisedReport.model_validate(
        {"title": "Ung", "sections": [], "methods": [{"name": METHOD}]}
    )
    return told([ReportContent(report_id=REPORT, version=1, partner=PARTNER, report=report)])
