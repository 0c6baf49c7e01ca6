"""Recommend, wired: the only place where its parts meet."""

from typing import Final

from libs.events.ranking import PartName
from libs.language.detection import LanguageDetector
from libs.places.table import places
from libs.runtime.http import new_app, serve_operations
from libs.runtime.peers import peer_check
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassageIndex
from services.recommend.api import routes
from services.recommend.collection import active_collection
from services.recommend.handlers import RecommendHandlers
from services.recommend.passage_search import PassageSearch
from services.recommend.peers import PeerFinder
from services.recommend.places_api import places_routes
from services.recommend.question import EmbedClient
from services.recommend.ranking.parts import tell_evidence
from services.recommend.ranking.ranker import Ranker
from services.recommend.ranking.weights import Weights
from services.recommend.recommender import Recommender
from services.recommend.records import ReportRecords
from services.recommend.search_api import search_routes
from services.recommend.settings import RecommendSettings
from services.recommend.themes import KnownThemes

NAME: Final = "recommend"


def build(settings: RecommendSettings, platform: Platform) -> Service:
    """The service. It starts without the others and answers once they are there."""
    telemetry = platform.telemetry(NAME)
    embed = platform.http(NAME, "embed")
    ingest = platform.http(NAME, "ingest")
    producer = platform.producer(NAME)
    records = ReportRecords(ingest, settings.cached_records)
    search = PassageSearch(
        embed=EmbedClient(embed),
        index=platform.index,
        bm25=Bm25Encoder(),
        detector=LanguageDetector(),
        records=records,
        tracer=telemetry.tracer,
    )
    weights = Weights.load(settings.parts_off)
    recommender = Recommender(
        search=search,
        records=records,
        tracer=telemetry.tracer,
        settings=settings,
        ranker=Ranker(weights, platform.clock, {PartName.EVIDENCE: tell_evidence}),
    )

    def active() -> tuple[str, PassageIndex]:
        return active_collection(platform.collections())

    known = KnownThemes(active)
    handlers = RecommendHandlers(records, known)
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
    app.include_router(places_routes(places))
    # A question needs its vector. Records are kept in memory, and events only refresh those.
    checks = {"embed": peer_check(embed, "embed")}
    also = {"ingest": peer_check(ingest, "ingest"), "kafka": consumer.health}
    serve_operations(app, telemetry, checks, also=also)
    return Service(
        name=NAME,
        app=app,
        workers=(consumer,),
        closers=(producer.close, embed.close, ingest.close),
    )
