"""Embed, wired: the only place where its parts meet."""

from pathlib import Path
from typing import Final

from opentelemetry.metrics import Meter

from libs.language.detection import LanguageDetector
from libs.runtime.http import new_app, serve_operations
from libs.runtime.peers import peer_check
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.telemetry import names
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import PassageIndex
from services.embed.api import routes
from services.embed.correction import CorrectedEmbedder, LanguageCorrection, earlier_means
from services.embed.counts import count_routes
from services.embed.embedder import Embedder
from services.embed.engines import open_embedder
from services.embed.every_collection import EveryCollection
from services.embed.handlers import EmbedHandlers
from services.embed.recent_questions import RecentQuestions
from services.embed.reindex_api import reindex_routes
from services.embed.reindexer import Reindexer
from services.embed.report_source import IngestReportSource
from services.embed.settings import EmbedSettings
from services.embed.sorting.heads import load_heads
from services.embed.sorting.sorter import Sorter
from services.embed.targets import Targets

NAME: Final = "embed"
# Reports worked on at a time: while one is embedded, the next is fetched and cut, and written.
LANES: Final = 2


def build(settings: EmbedSettings, platform: Platform) -> Service:
    """The service. Prepares the model at its first start; raises when there is none."""
    telemetry = platform.telemetry(NAME)
    detector = LanguageDetector()
    models = platform.settings.data_dir / "models"
    meter = telemetry.meters.get_meter(names.SCOPE_SERVICES)
    ingest = platform.http(NAME, "ingest")
    producer = platform.producer(NAME)
    source = IngestReportSource(ingest)
    bm25 = Bm25Encoder()

    def handlers(embedder: Embedder, index: PassageIndex) -> EmbedHandlers:
        return EmbedHandlers(
            source=source,
            embedder=embedder,
            index=index,
            bm25=bm25,
            detector=detector,
            sorter=Sorter(load_heads(embedder.model)),
            tracer=telemetry.tracer,
            passage_tokens=settings.passage_tokens,
        )

    targets = Targets(
        platform.collections(),
        settings,
        lambda chosen: _open_model(chosen, models, detector, meter),
        handlers,
        platform.clock,
        earlier=earlier_means(),
    )
    reindexer = Reindexer(targets, source)
    consumer = platform.consumer(
        NAME, producer, EveryCollection(targets, reindexer.follow).by_topic(), lanes=LANES
    )
    app = new_app(
        title="Navigator embed",
        description="Turns texts into vectors and keeps the index of passages.",
        max_body_bytes=platform.settings.max_body_bytes,
        telemetry=telemetry,
    )
    app.include_router(routes(lambda: targets.parts.active.embedder))
    app.include_router(count_routes(lambda: targets.parts.active.index))
    app.include_router(reindex_routes(reindexer))
    told = {"kafka": consumer.health, "ingest": peer_check(ingest, "ingest")}
    serve_operations(app, telemetry, {}, also=told)
    return Service(
        name=NAME,
        app=app,
        workers=(consumer, reindexer),
        closers=(producer.close, ingest.close, targets.close),
    )


def _open_model(
    settings: EmbedSettings, models: Path, detector: LanguageDetector, meter: Meter
) -> Embedder:
    engine = open_embedder(settings, models)
    correction = LanguageCorrection.of(engine.model, settings.correction)
    corrected = CorrectedEmbedder(engine, correction, detector)
    return RecentQuestions(corrected, settings.query_cache, meter)
