"""The OpenAI embeddings shape, with `input_type` beside it.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_INPUTS = 64
MAX_INPUT_CHARS = 50_000

Input = Annotated[str, StringConstraints(max_length=MAX_INPUT_CHARS)]


class EmbeddingsRequest(BaseModel):
    """Texts to embed. `input_type` says whether they are questions or passages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Input | Annotated[list[Input], Field(min_length=1, max_length=MAX_INPUTS)]
    model: str | None = None
    encoding_format: Literal["float", "base64"] = "float"
    input_type: Literal["query", "passage"] = "query"
    user: str | None = None

    @property
    def texts(self) -> list[str]:
        """The inputs as a list."""
        return [self.input] if isinstance(self.input, str) else self.input


class Embedding(BaseModel):
    """One vector: numbers, or the little-endian float32 bytes in base64."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsResponse(BaseModel):
    """Vectors in the order of the inputs."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


class ModelInfo(BaseModel):
    """What the collection's vectors are made with."""

    model: str
    dimension: int
