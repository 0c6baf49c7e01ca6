"""Ingest, wired: the only place where its parts meet."""

import datetime as dt
from typing import Final

from libs.database.engine import Database
from libs.database.outbox import OutboxRelay
from libs.errors import InvalidInput
from libs.runtime.http import new_app, serve_operations
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.runtime.settings import variable
from services.ingest.api import routes
from services.ingest.handlers import IngestHandlers
from services.ingest.intake import Intake
from services.ingest.migrations.upgrade import upgrade
from services.ingest.parsing.ocr_packages import missing
from services.ingest.parsing.worker_reader import WorkerReader
from services.ingest.reconciler import Reconciler
from services.ingest.replay import Replay
from services.ingest.settings import IngestSettings
from services.ingest.status_board import StatusBoard

NAME: Final = "ingest"


def build(settings: IngestSettings, platform: Platform) -> Service:
    """The service. Brings the database to the newest schema.

    Raises Unavailable without a database, InvalidInput where text recognition is asked for and
    not installed.
    """
    reader = _reader(settings)
    telemetry = platform.telemetry(NAME)
    database = Database(platform.settings.sql_url)
    upgrade(database.engine)
    board = StatusBoard()
    producer = platform.producer(NAME)
    relay = OutboxRelay(database, producer.send)

    def committed(report_id: str) -> None:
        reader.warm()
        relay.wake()
        board.notify(report_id)

    record_of = platform.record_of(NAME)
    resend_after = dt.timedelta(seconds=settings.reconcile_after_s)
    intake = Intake(database, record_of, platform.clock, resend_after, committed)
    handlers = IngestHandlers(database, platform.clock, board, telemetry.tracer, reader)
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
    # With its broker away ingest goes on taking reports in: that is what the outbox is for.
    told = {"kafka": consumer.health, "outbox": relay.health}
    serve_operations(app, telemetry, {"database": database.health}, also=told)
    return Service(
        name=NAME,
        app=app,
        workers=(relay, consumer, reconciler),
        closers=(producer.close, database.close, reader.close),
    )


def _reader(settings: IngestSettings) -> WorkerReader:
    lacking = missing(settings.ocr_languages) if settings.ocr_languages else None
    if lacking:
        name = variable(IngestSettings, "ocr_languages")
        raise InvalidInput(
            f"{name} is {settings.ocr_languages}, but: {lacking}, or leave it empty."
        )
    return WorkerReader(settings.parse_limits())
