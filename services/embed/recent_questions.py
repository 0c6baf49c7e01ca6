"""Recent questions are not embedded again: somebody pages through answers, or opens a link."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from opentelemetry.metrics import Meter

from libs.telemetry import names
from services.embed.embedder import Embedder, Vectors
from services.embed.wrapped_embedder import WrappedEmbedder


class RecentQuestions(WrappedEmbedder):
    """An Embedder that keeps the vectors of the last `size` questions, 1.5 KB each. Thread-safe."""

    def __init__(self, embedder: Embedder, size: int, meter: Meter) -> None:
        super().__init__(embedder)
        self._size = size
        self._kept: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self._asked = meter.create_counter(
            names.METRIC_QUESTIONS, "{question}", "Questions' vectors asked for."
        )

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Only what is not kept is embedded, all of it at once."""
        model = self.model
        keys = [_key(model, text) for text in texts]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if new:
            found |= zip(new, self._embedder.embed_queries(list(new.values())), strict=True)
        self._keep(found)
        for hit, count in ((True, len(texts) - len(new)), (False, len(new))):
            self._asked.add(count, {names.CACHED: hit})
        vectors = np.empty((len(keys), self.dimension), np.float32)
        for row, key in enumerate(keys):
            vectors[row] = found[key]
        return vectors

    def _keep(self, used: dict[bytes, Vectors]) -> None:
        with self._lock:
            for key, vector in used.items():
                # Copied, or a row would hold on to all of the block that it was computed in.
                self._kept.setdefault(key, vector.copy())
                self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def _key(model: str, text: str) -> bytes:
    # Digests: what people asked does not stay in memory, and a long question takes no more room.
    return hashlib.blake2b(f"{model}\0{text}".encode("utf-8", "surrogatepass")).digest()
