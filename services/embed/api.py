"""Embed over HTTP: vectors for questions."""

import base64
from collections.abc import Callable

from fastapi import APIRouter

from libs.errors import FieldError, InvalidInput, TooLarge
from services.embed.embedder import Embedder, Vectors
from services.embed.schemas import (
    MAX_INPUT_CHARS,
    MAX_INPUTS,
    Embedding,
    EmbeddingsRequest,
    EmbeddingsResponse,
    ModelInfo,
    Usage,
)


def routes(current: Callable[[], Embedder]) -> APIRouter:
    """The router. `current` is the model of the collection that is read at the moment."""
    router = APIRouter()

    @router.post("/v1/embeddings")
    def embeddings(request: EmbeddingsRequest) -> EmbeddingsResponse:
        embedder = current()
        _check(request, embedder)
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
        embedder = current()
        return ModelInfo(model=embedder.model, dimension=embedder.dimension)

    return router


def _check(request: EmbeddingsRequest, embedder: Embedder) -> None:
    if request.model not in {None, embedder.model}:
        raise InvalidInput(
            f"This service runs the model {embedder.model}. Ask for that, or leave it out.",
            errors=(FieldError("/model", f"is not {embedder.model}"),),
        )
    if request.dimensions not in {None, embedder.dimension}:
        raise InvalidInput(
            f"The model's vectors have {embedder.dimension} dimensions, and are not made shorter. "
            "Ask for that many, or leave it out.",
            errors=(FieldError("/dimensions", f"is not {embedder.dimension}"),),
        )
    texts = request.texts
    if len(texts) > MAX_INPUTS:
        raise TooLarge(
            f"There are {len(texts)} texts. Send {MAX_INPUTS} at a time at most.",
            errors=(FieldError("/input", f"has over {MAX_INPUTS} texts"),),
        )
    longest = max(map(len, texts))
    if longest > MAX_INPUT_CHARS:
        raise TooLarge(
            f"A text has {longest} characters. Send {MAX_INPUT_CHARS} at most; the model reads the "
            f"first {embedder.max_tokens} tokens.",
            errors=(FieldError("/input", f"has over {MAX_INPUT_CHARS} characters"),),
        )


def _encoded(vectors: Vectors, as_base64: bool) -> list[str] | list[list[float]]:  # noqa: FBT001 - the one switch
    if as_base64:
        return [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]
    rows: list[list[float]] = vectors.tolist()
    return rows
