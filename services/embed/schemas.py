"""The OpenAI embeddings shape, with `input_type` beside it.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_INPUTS = 64
MAX_INPUT_CHARS = 50_000


class EmbeddingsRequest(BaseModel):
    """Texts to embed. `input_type` says whether they are questions or passages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Annotated[
        str | list[str],
        Field(
            description=f"A text, or up to {MAX_INPUTS}, of {MAX_INPUT_CHARS} characters at most."
        ),
    ]
    model: str | None = None
    encoding_format: Literal["float", "base64"] = "float"
    input_type: Literal["query", "passage"] = "query"
    dimensions: Annotated[
        int | None, Field(description="Of a vector: the model's own, or left out.")
    ] = None
    user: str | None = None

    @field_validator("input", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        if isinstance(value, list):
            if not value:
                raise ValueError("the list is empty: send a text, or several")
            if any(isinstance(item, int | list) for item in value):
                raise ValueError("token ids are not taken: send the texts themselves")
        return value

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
