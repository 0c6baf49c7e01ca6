"""Embed's own settings."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Engine = Literal["openvino", "transformers", "remote"]


class EmbedSettings(BaseSettings):
    """Environment: `NAVIGATOR_EMBED_…`."""

    model_config = SettingsConfigDict(env_prefix="NAVIGATOR_EMBED_", frozen=True, extra="ignore")

    passage_tokens: Annotated[
        int, Field(ge=32, le=400, description="Longest passage, in the model's tokens.")
    ] = 160
    correction: Annotated[
        str,
        Field(
            pattern=r"^(none|means(-[0-9a-f]{8})?)$",
            description="means: each language's mean is subtracted, where the model has them; "
            "means-…: with those of an earlier release.",
        ),
    ] = "means"
    query_cache: Annotated[
        int, Field(ge=0, description="Recent questions whose vectors are kept; 0 keeps none.")
    ] = 1_000

    engine: Annotated[
        Engine,
        Field(
            description="What runs the embedding model: openvino (on this CPU), transformers (GPU, "
            "or any encoder; needs the extra of that name) or remote (a server)."
        ),
    ] = "openvino"
    model: Annotated[
        str | None,
        Field(
            min_length=1,
            description="transformers: an encoder's folder, or its name on the hub. remote: the "
            "model's name there. openvino: a file e5-small-q4.bin. Default: the bundled "
            "multilingual-e5-small.",
        ),
    ] = None
    allow_download: Annotated[
        bool, Field(description="Whether transformers may fetch the model from the hub.")
    ] = False
    query_prefix: Annotated[
        str | None, Field(description="Put before questions. Default: the model's own.")
    ] = None
    passage_prefix: Annotated[
        str | None, Field(description="Put before passages. Default: the model's own.")
    ] = None
    remote_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://\S+$",
            description="Base URL of a server with OpenAI's embeddings, e.g. http://host:8000/v1",
        ),
    ] = None
    remote_key: Annotated[
        SecretStr | None, Field(description="The server's key, sent as a bearer token.")
    ] = None
    remote_input_type: Annotated[
        bool,
        Field(
            description="Whether the server takes `input_type` (query or passage) and puts the "
            "model's prefixes in itself, as Navigator's embed and NVIDIA NIM do."
        ),
    ] = False
    remote_batch: Annotated[
        int, Field(ge=1, le=2_048, description="Most texts that the server takes at once.")
    ] = 32
    remote_max_tokens: Annotated[
        int, Field(ge=64, description="Longest text that the server's model reads, in tokens.")
    ] = 512

    @field_validator("model", "remote_url")
    @classmethod
    def _remote_is_told_what_to_ask(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("engine") == "remote":
            raise ValueError("NAVIGATOR_EMBED_ENGINE=remote needs it")
        return value
