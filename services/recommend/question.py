"""A question as vectors: the dense one from the embed service, the sparse one made here."""

import base64
from dataclasses import dataclass

import httpx
import numpy as np

from libs.runtime.peers import answered
from libs.vectors.bm25 import Bm25Encoder
from libs.vectors.port import CollectionSpec, SparseVector, Vector

LANGUAGES = ("sv", "fi", "et", "lv", "lt", "pl", "de", "da", "nb", "en")


@dataclass(frozen=True, slots=True)
class DenseQuestion:
    """The vector, shape (dimension,), and the model that made it."""

    vector: Vector
    model: str


class EmbedClient:
    """Asks the embed service. Raises Unavailable when it is away."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def spec(self) -> CollectionSpec:
        """What the collection's vectors are made with."""
        with answered("embed"):
            response = self._client.get("/internal/model")
            response.raise_for_status()
        return CollectionSpec(**response.json())

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


def sparse_question(bm25: Bm25Encoder, text: str, language: str | None) -> SparseVector:
    """BM25 terms of a question.

    Without a known language it is read in all of them: a term then meets the passages whose
    language stems it that way, and a stop word of one language is a word in the others, which
    the inverse document frequency makes light.
    """
    weights: dict[int, float] = {}
    for candidate in (language,) if language else LANGUAGES:
        terms = bm25.encode_query(text, candidate)
        weights |= dict(zip(terms.indices, terms.values, strict=True))
    return SparseVector(tuple(weights), tuple(weights.values()))
