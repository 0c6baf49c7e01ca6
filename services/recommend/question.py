"""A question as vectors: the dense one from the embed service, the sparse one made here."""

import base64
from dataclasses import dataclass

import httpx
import numpy as np

from libs.language.detection import LanguageDetector
from libs.runtime.peers import answered
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import CollectionSpec, SparseVector, Vector

# A short question in Norwegian may well be taken for Danish: both are then read.
LIKELY_ENOUGH = 0.15


@dataclass(frozen=True, slots=True)
class DenseQuestion:
    """The vector, shape (dimension,), and the model that made it."""

    vector: Vector
    model: str

    @property
    def spec(self) -> CollectionSpec:
        """What the collection was made with that the vector can be compared with."""
        return CollectionSpec(self.model, len(self.vector))


class EmbedClient:
    """Asks the embed service. Raises Unavailable when it is away."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def embed(self, text: str) -> DenseQuestion:
        """A question's vector."""
        body = {"input": text, "encoding_format": "base64", "input_type": "query"}
        with answered("embed"):
            response = self._client.post("/v1/embeddings", json=body)
            response.raise_for_status()
        answer = response.json()
        encoded = answer["data"][0]["embedding"]
        vector = np.frombuffer(base64.b64decode(encoded), dtype="<f4").astype(np.float32)
        return DenseQuestion(vector=vector, model=answer["model"])


def sparse_question(
    bm25: Bm25Encoder, detector: LanguageDetector, text: str, language: str | None
) -> SparseVector:
    """BM25 terms of a question, stemmed as its language does it.

    Where the language is neither given nor certain, the terms of all likely ones are taken.
    """
    likely = [tag for tag, p in detector.probabilities(text).items() if p >= LIKELY_ENOUGH]
    read = [
        bm25.encode_query(text, each) for each in ((language,) if language else likely or ("",))
    ]
    weights: dict[int, float] = {}
    for terms in read:
        weights |= dict(zip(terms.indices, terms.values, strict=True))
    languages = tuple(tag for terms in read for tag in terms.languages)
    return SparseVector(tuple(weights), tuple(weights.values()), languages)
