"""Ingest, wired: the only place where its parts meet."""

import datetime as dt
from collections.abc import Callable
from typing import Final

import httpx
from fastapi import APIRouter

from libs.bus.dead_letters import DeadLetterReader
from libs.database.engine import Database
from libs.database.outbox import OutboxRelay
from libs.runtime.http import new_app, serve_operations
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from services.ingest.accounts import Accounts
from services.ingest.accounts_api import account_routes
from services.ingest.api import routes
from services.ingest.collection_comparison import CollectionComparer
from services.ingest.dead_letters import DeadLetterDesk
from services.ingest.dead_letters_api import dead_letter_routes
from services.ingest.handlers import IngestHandlers
from services.ingest.intake import Intake
from services.ingest.migrations.upgrade import upgrade
from services.ingest.passage_counts import EmbedPassageCounter
from services.ingest.reconciler import Reconciler
from services.ingest.repair import Repair
from services.ingest.replay import Replay
from services.ingest.settings import IngestSettings
from services.ingest.status_board import StatusBoard

NAME: Final = "ingest"


def build(settings: IngestSettings, platform: Platform) -> Service:
    """The service. Brings the database to the newest schema. Raises Unavailable without one."""
    telemetry = platform.telemetry(NAME)
    database = Database(platform.settings.sql_url)
    upgrade(database.engine)
    board = StatusBoard()
    producer = platform.producer(NAME)
    relay = OutboxRelay(database, producer.send)

    def committed(report_id: str) -> None:
        relay.wake()
        board.notify(report_id)

    record_of = platform.record_of(NAME)
    resend_after = dt.timedelta(seconds=settings.reconcile_after_s)
    intake = Intake(database, record_of, platform.clock, resend_after, committed)
    handlers = IngestHandlers(database, platform.clock, board, telemetry.tracer)
    consumer = platform.consumer(NAME, producer, handlers.by_topic())
    reconciler = Reconciler(database, settings, record_of, platform.clock, relay.wake)
    app = new_app(
        title="Navigator ingest",
        description="Takes reports in and keeps the record of what became of them.",
        max_body_bytes=platform.settings.max_body_bytes,
        telemetry=telemetry,
    )
    replay = Replay(database, record_of, platform.clock, relay.wake)
    app.include_router(routes(database, intake, board, replay))
    embed = platform.http(NAME, "embed")
    app.include_router(_account(settings, platform, database, embed, relay.wake, reconciler.wake))
    reader = DeadLetterReader(platform.settings.bus(), NAME)
    desk = DeadLetterDesk(database, reader, producer.send, platform.clock)
    app.include_router(dead_letter_routes(desk))
    # With its broker away ingest goes on taking reports in: that is what the outbox is for.
    told = {"kafka": consumer.health, "outbox": relay.health}
    serve_operations(app, telemetry, {"database": database.health}, also=told)
    return Service(
        name=NAME,
        app=app,
        workers=(relay, consumer, reconciler),
        closers=(producer.close, embed.close, database.close),
    )


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
