"""Recommend, wired: the only place where its parts meet."""

import datetime as dt
from typing import Final

from libs.database.engine import Database
from libs.database.outbox import OutboxRelay
from libs.database.sweeper import Forget, Sweeper
from libs.events.ranking import PartName
from libs.language.detection import LanguageDetector
from libs.periodic import PeriodicWorker
from libs.places.table import places
from libs.runtime.http import new_app, serve_operations
from libs.runtime.peers import peer_check
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassageIndex
from services.recommend.api import routes
from services.recommend.collection import active_collection
from services.recommend.feedback.api import feedback_routes
from services.recommend.feedback.desk import FeedbackDesk, forget_reasons
from services.recommend.feedback.pace import Pace
from services.recommend.feedback.scores import FeedbackScores
from services.recommend.feedback.voters import KEEP_SALTS, forget_salts
from services.recommend.handlers import RecommendHandlers
from services.recommend.migrations.upgrade import upgrade
from services.recommend.passage_search import PassageSearch
from services.recommend.peers import PeerFinder
from services.recommend.places_api import places_routes
from services.recommend.question import EmbedClient
from services.recommend.ranking.parts import tell_evidence
from services.recommend.ranking.ranker import Ranker
from services.recommend.ranking.weights import Weights
from services.recommend.recommender import Recommender
from services.recommend.records import MB, ReportRecords
from services.recommend.records_api import records_routes
from services.recommend.search_api import search_routes
from services.recommend.settings import RecommendSettings
from services.recommend.themes import KnownThemes
from services.recommend.unmet.api import unmet_routes
from services.recommend.unmet.needs import UnmetNeeds, forget_needs
from services.recommend.warming import RecordWarmer

NAME: Final = "recommend"


def build(settings: RecommendSettings, platform: Platform) -> Service:
    """The service. It starts without the others and answers once they are there.

    Brings its database to the newest schema. Raises Unavailable without a database.
    """
    telemetry = platform.telemetry(NAME)
    database = Database(settings.sql_url(platform.settings.data_dir))
    upgrade(database.engine)
    scores = FeedbackScores(database)
    scores.rebuild()
    embed = platform.http(NAME, "embed")
    ingest = platform.http(NAME, "ingest")
    producer = platform.producer(NAME)
    records = ReportRecords(ingest, settings.records_mb * MB)
    warmer = RecordWarmer(ingest, records)
    warming = PeriodicWorker("recommend-records", warmer.step)
    warmer.wake = warming.wake
    detector = LanguageDetector()
    search = PassageSearch(
        embed=EmbedClient(embed),
        index=platform.index,
        bm25=Bm25Encoder(),
        detector=detector,
        records=records,
        tracer=telemetry.tracer,
    )
    tellers = {PartName.EVIDENCE: tell_evidence, PartName.FEEDBACK: scores.tell}
    unmet = UnmetNeeds(database, platform.clock, detector)
    recommender = Recommender(
        search=search,
        records=records,
        places=places,
        unmet=unmet,
        tracer=telemetry.tracer,
        settings=settings,
        ranker=Ranker(Weights.load(settings.parts_off), platform.clock, tellers),
    )

    def active() -> tuple[str, PassageIndex]:
        return active_collection(platform.collections())

    known = KnownThemes(active)
    relay = OutboxRelay(database, producer.send)
    desk = FeedbackDesk(
        database=database,
        records=records,
        record_of=platform.record_of(NAME),
        clock=platform.clock,
        new_id=platform.new_id,
        pace=Pace(settings.feedback_burst, settings.feedback_per_minute / 60),
        committed=relay.wake,
    )
    handlers = RecommendHandlers(records, known, scores, warmer)
    consumer = platform.consumer(NAME, producer, handlers.by_topic(), broadcast=True)
    app = new_app(
        title="Navigator recommend",
        description="Finds the methods that fit a challenge, with their evidence.",
        max_body_bytes=platform.settings.max_body_bytes,
        telemetry=telemetry,
    )
    app.include_router(routes(recommender))
    finder = PeerFinder(search, records, settings.candidates)
    app.include_router(search_routes(search, finder, known, lambda: active()[1]))
    app.include_router(feedback_routes(desk, scores))
    app.include_router(unmet_routes(unmet))
    app.include_router(places_routes(places))
    app.include_router(records_routes(records, warmer))
    # A question needs its vector. Records and votes are kept in memory, which events only refresh.
    checks = {"embed": peer_check(embed, "embed")}
    also = {
        "ingest": peer_check(ingest, "ingest"),
        "kafka": consumer.health,
        "database": database.health,
        "outbox": relay.health,
    }
    serve_operations(app, telemetry, checks, also=also)
    kept: dict[Forget, dt.timedelta] = {
        forget_salts: KEEP_SALTS,
        forget_reasons: dt.timedelta(days=settings.reasons_kept_days),
        forget_needs: dt.timedelta(days=settings.needs_kept_days),
    }
    return Service(
        name=NAME,
        app=app,
        workers=(relay, consumer, warming, Sweeper(database, platform.clock, kept)),
        closers=(producer.close, embed.close, ingest.close, database.close),
    )
