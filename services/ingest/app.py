"""Ingest, wired: the only place where its parts meet."""

import datetime as dt
from collections.abc import Callable
from typing import Final

import httpx
from fastapi import APIRouter

from libs.bus.dead_letters import DeadLetterReader
from libs.database.engine import Database
from libs.database.outbox import OutboxRelay
from libs.database.sweeper import Sweeper
from libs.errors import InvalidInput
from libs.language.detection import LanguageDetector
from libs.runtime.http import new_app, serve_operations
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.runtime.settings import variable
from services.ingest.accounts import Accounts
from services.ingest.accounts_api import account_routes
from services.ingest.answer_stream import Turns
from services.ingest.api import routes
from services.ingest.bulk_api import PATH as BULK_PATH
from services.ingest.bulk_api import bulk_routes
from services.ingest.collection_comparison import CollectionComparer
from services.ingest.dead_letters import DeadLetterDesk
from services.ingest.dead_letters_api import dead_letter_routes
from services.ingest.deliveries import forget_events
from services.ingest.handled_letters import forget_marks
from services.ingest.handlers import IngestHandlers
from services.ingest.idempotency import forget_keys
from services.ingest.intake import Intake
from services.ingest.migrations.upgrade import upgrade
from services.ingest.parsing.ocr_packages import missing
from services.ingest.parsing.worker_reader import WorkerReader
from services.ingest.partner_reports import GROUP, PartnerReports
from services.ingest.passage_counts import EmbedPassageCounter
from services.ingest.reconciler import Reconciler
from services.ingest.records import record_routes
from services.ingest.repair import Repair
from services.ingest.replay import Replay
from services.ingest.settings import IngestSettings
from services.ingest.standing import standing_routes
from services.ingest.status_board import StatusBoard
from services.ingest.table_api import table_routes
from services.ingest.webhooks.api import webhook_routes
from services.ingest.webhooks.wiring import wire_webhooks

NAME: Final = "ingest"


def build(settings: IngestSettings, platform: Platform) -> Service:
    """The service. Brings the database to the newest schema.

    Raises Unavailable without a database, InvalidInput where text recognition is asked for and
    not installed.
    """
    reader = _reader(settings)
    telemetry = platform.telemetry(NAME)
    clock, record_of = platform.clock, platform.record_of(NAME)
    database = Database(platform.settings.sql_url)
    upgrade(database.engine)
    webhooks = wire_webhooks(
        settings,
        database,
        telemetry,
        clock=clock,
        new_id=platform.new_id,
        instance=platform.settings.instance,
    )
    board = StatusBoard(webhooks.courier.wake)
    producer = platform.producer(NAME)
    relay = OutboxRelay(database, producer.send)
    embed = platform.http(NAME, "embed")

    def committed(report_id: str) -> None:
        reader.warm()
        relay.wake()
        board.notify(report_id)

    resend_after = dt.timedelta(seconds=settings.reconcile_after_s)
    intake = Intake(database, record_of, clock, resend_after, committed)
    detector = LanguageDetector(wide=True)
    handlers = IngestHandlers(
        database, clock, board, telemetry.tracer, reader, detector, settings.parse_report_s
    )
    consumer = platform.consumer(NAME, producer, handlers.by_topic())
    from_partners = PartnerReports(intake, settings.partner_in_progress)
    topics = from_partners.by_topic(settings.regions)
    partners = platform.consumer(NAME, producer, topics, group=GROUP)
    reconciler = Reconciler(database, settings, record_of, clock, relay.wake)
    replay = Replay(database, record_of, clock, relay.wake)
    keep_answers = dt.timedelta(seconds=settings.keep_answers_s)
    bus = platform.settings.bus()
    letters = DeadLetterReader(bus, NAME)

    app = new_app(
        title="Navigator ingest",
        description="Takes reports in and keeps the record of what became of them.",
        max_body_bytes=platform.settings.max_body_bytes,
        streamed={BULK_PATH: platform.settings.max_bulk_bytes},
        telemetry=telemetry,
    )
    app.include_router(standing_routes(database))
    app.include_router(record_routes(database))
    app.include_router(routes(database, intake, board, replay, keep_answers))
    limits, turns = platform.settings, Turns(settings.max_bulk)
    app.include_router(bulk_routes(intake, turns, limits.max_body_bytes, limits.max_bulk_bytes))
    app.include_router(table_routes(intake, turns))
    app.include_router(_account(settings, platform, database, embed, relay.wake, reconciler.wake))
    app.include_router(dead_letter_routes(DeadLetterDesk(database, letters, producer.send, clock)))
    app.include_router(webhook_routes(webhooks.endpoints))
    # With its broker away ingest goes on taking reports in: that is what the outbox is for.
    told = {
        "kafka": consumer.health,
        "partners": partners.health,
        "outbox": relay.health,
        "webhooks": webhooks.courier.health,
    }
    serve_operations(app, telemetry, {"database": database.health}, also=told)
    # A broker deletes whole segments, some time after the last letter in one has expired. A mark
    # that is forgotten before its letter would have the letter sent back again.
    keep_marks = 2 * dt.timedelta(seconds=bus.dead_letter_retention_s)
    sweeper = Sweeper(
        database,
        clock,
        {forget_keys: keep_answers, forget_marks: keep_marks, forget_events: keep_marks},
    )
    return Service(
        name=NAME,
        app=app,
        workers=(relay, consumer, partners, reconciler, webhooks.courier, sweeper),
        closers=(producer.close, embed.close, database.close, reader.close),
    )


def _reader(settings: IngestSettings) -> WorkerReader:
    lacking = missing(settings.ocr_languages) if settings.ocr_languages else None
    if lacking:
        name = variable(IngestSettings, "ocr_languages")
        raise InvalidInput(
            f"{name} is {settings.ocr_languages}, but: {lacking}, or leave it empty."
        )
    return WorkerReader(settings.parse_limits())


def _account(
    settings: IngestSettings,
    platform: Platform,
    database: Database,
    embed: httpx.Client,
    committed: Callable[[], None],
    hurry: Callable[[], None],
) -> APIRouter:
    clock, record_of = platform.clock, platform.record_of(NAME)
    deadline = dt.timedelta(seconds=settings.deadline_s)
    comparer = CollectionComparer(database, EmbedPassageCounter(embed))
    return account_routes(
        Accounts(database, comparer, clock, deadline),
        Repair(database, comparer, record_of, clock, deadline, committed, hurry),
    )
