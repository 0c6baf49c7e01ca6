"""Webhooks on a real database: messages are sent by turns that a test takes, or by the worker."""

import datetime as dt
import ssl
from typing import Any

import httpx
from sqlalchemy import select

from libs.clock import random_id
from libs.database.engine import Database
from libs.events.report import ReportSubmission
from libs.events.webhook import Delivery, NewWebhook, WebhookRegistration
from libs.telemetry.ring import SpanRecord, TraceRing
from libs.telemetry.setup import setup_telemetry
from services.ingest.webhooks import queue
from services.ingest.webhooks.addresses import Destinations, Resolver, system_resolver
from services.ingest.webhooks.courier import Courier
from services.ingest.webhooks.endpoints import Endpoints
from services.ingest.webhooks.sending import Sender
from services.ingest.webhooks.tables import DeliveryRow
from services.ingest.webhooks.turns import Turns
from tests.integration.ingest.stage import Stage

PARTNER = "norr"
LEASE = dt.timedelta(seconds=60)
DISABLE_AFTER = dt.timedelta(days=5)
OVERLAP = dt.timedelta(hours=24)


class WebhookStage:
    """All parts, with a clock that tests move and webhooks to this machine allowed."""

    def __init__(
        self,
        database: Database,
        *,
        ports: tuple[int, ...] = (443,),
        allow_loopback: bool = True,
        resolve: Resolver = system_resolver,
        context: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
        replica: str = "a",
    ) -> None:
        self.ingest = Stage(database)
        self.database = database
        self.telemetry = setup_telemetry("ingest", ring=TraceRing(), otlp_endpoint=None)
        destinations = Destinations(ports, allow_loopback, resolve)
        self.sender = Sender(
            destinations,
            context or httpx.create_ssl_context(),
            timeout_s,
            self.ingest.clock,
            self.telemetry.tracer,
            self.telemetry.meters,
        )
        self.turns = Turns(
            database, self.sender, self.ingest.clock, lambda: 0.5, replica, DISABLE_AFTER
        )
        self.courier = Courier(database, self.turns, self.ingest.clock, 4, dt.timedelta(days=30))
        self.endpoints = Endpoints(
            database,
            destinations,
            self.sender,
            self.ingest.clock,
            random_id,
            3,
            OVERLAP,
            self.courier.look_now,
        )

    def register(self, url: str, **more: Any) -> NewWebhook:
        return self.endpoints.register(PARTNER, WebhookRegistration(url=url, **more))

    def submit(self, external_id: str = "1") -> str:
        """A report is accepted; returns its id."""
        report = ReportSubmission(external_id=external_id, title="Titel", text="Hemlig text")
        return self.ingest.submit(report).report_id

    def index(self, external_id: str = "1") -> str:
        """A report is accepted, normalised and indexed."""
        report = ReportSubmission(external_id=external_id, title="Titel", text="Hemlig text")
        event = self.ingest.submit(report)
        self.ingest.handlers.on_report_submitted(event)
        self.ingest.handlers.on_report_indexed(self.ingest.indexed(event))
        return event.report_id

    def claim(self) -> list[queue.Lease]:
        """Leases on all webhooks for which something is due."""
        now = self.ingest.clock()
        with self.database.write() as session:
            wanted = [
                webhook_id
                for failing in (False, True)
                for webhook_id in queue.due(session, now, 10, failing=failing)
            ]
            return queue.claim(session, wanted, self.turns.by, now, LEASE)

    def take_turns(self) -> int:
        """One turn of each webhook that has something due; returns how many messages were sent."""
        return sum(self.turns.take(lease) for lease in self.claim())

    def pass_time(self, **how_long: float) -> None:
        self.ingest.now += dt.timedelta(**how_long)

    def deliveries(self, webhook_id: str) -> list[Delivery]:
        """Oldest first."""
        page = self.endpoints.deliveries(PARTNER, webhook_id, before=None, limit=200)
        return list(reversed(page.items))

    def rows(self) -> list[DeliveryRow]:
        with self.database.read() as session:
            return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))

    def spans(self) -> list[SpanRecord]:
        return [span for trace in self.telemetry.ring.recent(100) for span in trace]
