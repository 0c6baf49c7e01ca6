"""Embed over HTTP: vectors for questions."""

import base64

from fastapi import APIRouter

from libs.errors import InvalidInput
from services.embed.embedder import Embedder, Vectors
from services.embed.schemas import (
    Embedding,
    EmbeddingsRequest,
    EmbeddingsResponse,
    ModelInfo,
    Usage,
)


def routes(embedder: Embedder) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.post("/v1/embeddings")
    def embeddings(request: EmbeddingsRequest) -> EmbeddingsResponse:
        if request.model not in {None, embedder.model}:
            raise InvalidInput(
                f"This service runs the model {embedder.model}. Ask for that, or leave it out."
            )
        texts = request.texts
        tokens = sum(embedder.count_tokens(texts))
        embed = embedder.embed_queries if request.input_type == "query" else embedder.embed_passages
        values = _encoded(embed(texts), request.encoding_format == "base64")
        return EmbeddingsResponse(
            data=[Embedding(index=i, embedding=value) for i, value in enumerate(values)],
            model=embedder.model,
            usage=Usage(prompt_tokens=tokens, total_tokens=tokens),
        )

    @router.get("/internal/model")
    def model() -> ModelInfo:
        return ModelInfo(model=embedder.model, dimension=embedder.dimension)

    return router


def _encoded(vectors: Vectors, as_base64: bool) -> list[str] | list[list[float]]:  # noqa: FBT001 - the one switch
    if as_base64:
        return [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]
    rows: list[list[float]] = vectors.tolist()
    return rows
