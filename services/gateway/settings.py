"""The gateway's own settings."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GatewaySettings(BaseSettings):
    """Environment: `NAVIGATOR_GATEWAY_…`."""

    model_config = SettingsConfigDict(env_prefix="NAVIGATOR_GATEWAY_", frozen=True, extra="ignore")

    partner: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9-]{1,64}$",
            description="Partner that submissions belong to, until callers have keys of their own.",
        ),
    ] = "local"
    max_followers: Annotated[
        int, Field(ge=1, le=10_000, description="Event streams that are open at once, at most.")
    ] = 200
