"""Embed's `/v1/embeddings` on a real port, without what else the service needs."""

from collections.abc import Iterator
from contextlib import contextmanager

from libs.runtime.http import new_app
from libs.runtime.runner import Runner, bind
from libs.runtime.service import Service
from libs.telemetry.ring import TraceRing
from libs.telemetry.setup import setup_telemetry
from services.embed.api import routes
from services.embed.embedder import Embedder


@contextmanager
def served(embedder: Embedder) -> Iterator[str]:
    """The base URL that OpenAI's clients are given."""
    telemetry = setup_telemetry("embed", ring=TraceRing(), otlp_endpoint=None)
    app = new_app(title="t", description="d", max_body_bytes=10_000_000, telemetry=telemetry)
    app.include_router(routes(lambda: embedder))
    listener = bind("embed", "127.0.0.1", 0)
    service = Service(name="embed", app=app, workers=(), closers=(telemetry.close,))
    runner = Runner([(service, listener)])
    runner.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        runner.stop()
