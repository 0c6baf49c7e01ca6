"""Embed's own settings."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EmbedSettings(BaseSettings):
    """Environment: `NAVIGATOR_EMBED_…`."""

    model_config = SettingsConfigDict(env_prefix="NAVIGATOR_EMBED_", frozen=True, extra="ignore")

    passage_tokens: Annotated[
        int, Field(ge=32, le=400, description="Longest passage, in the model's tokens.")
    ] = 160
