"""Embed, wired: the only place where its parts meet."""

from typing import Final

from libs.language.detection import LanguageDetector
from libs.runtime.http import new_app, serve_operations
from libs.runtime.peers import peer_check
from libs.runtime.platform import Platform
from libs.runtime.service import Service
from libs.telemetry import names
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import CollectionSpec
from services.embed.api import routes
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.counts import count_routes
from services.embed.engines import open_embedder
from services.embed.handlers import EmbedHandlers
from services.embed.recent_questions import RecentQuestions
from services.embed.report_source import IngestReportSource
from services.embed.settings import EmbedSettings
from services.embed.sorting.heads import load_heads
from services.embed.sorting.sorter import Sorter

NAME: Final = "embed"


def build(settings: EmbedSettings, platform: Platform) -> Service:
    """The service. Prepares the model at its first start; raises when there is none."""
    telemetry = platform.telemetry(NAME)
    detector = LanguageDetector()
    engine = open_embedder(settings, platform.settings.data_dir / "models")
    corrected = CorrectedEmbedder(engine, LanguageCorrection.load(engine.model), detector)
    meter = telemetry.meters.get_meter(names.SCOPE_SERVICES)
    embedder = RecentQuestions(corrected, settings.query_cache, meter)
    # The first run of a compiled model takes 100 ms, all others 9: not at the first asker's cost.
    embedder.embed_queries(["navigator"])
    spec = CollectionSpec(model=embedder.model, dimension=embedder.dimension)
    index = platform.index(spec)
    ingest = platform.http(NAME, "ingest")
    producer = platform.producer(NAME)
    handlers = EmbedHandlers(
        source=IngestReportSource(ingest),
        embedder=embedder,
        index=index,
        bm25=Bm25Encoder(),
        detector=detector,
        sorter=Sorter(load_heads(embedder.model)),
        tracer=telemetry.tracer,
        passage_tokens=settings.passage_tokens,
    )
    consumer = platform.consumer(NAME, producer, handlers.by_topic())
    app = new_app(
        title="Navigator embed",
        description="Turns texts into vectors and keeps the index of passages.",
        max_body_bytes=platform.settings.max_body_bytes,
        telemetry=telemetry,
    )
    app.include_router(routes(embedder))
    app.include_router(count_routes(index))
    told = {"kafka": consumer.health, "ingest": peer_check(ingest, "ingest")}
    serve_operations(app, telemetry, {}, also=told)
    return Service(
        name=NAME,
        app=app,
        workers=(consumer,),
        closers=(producer.close, ingest.close, embedder.close),
    )
