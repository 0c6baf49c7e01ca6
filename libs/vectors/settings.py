"""Where the passages are kept. Free of numpy and Qdrant, so that every service can read it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

IN_MEMORY = ":memory:"


class VectorSettings(BaseModel):
    """A Qdrant server if `url` is set, else the engine in this process, in a folder of `path`."""

    model_config = ConfigDict(frozen=True)

    path: Annotated[Path, Field(description="Folder of the embedded engine.")] = Path("var/index")
    url: Annotated[
        str | None, Field(description="A Qdrant server, or :memory: for tests; wins over `path`.")
    ] = None
    api_key: SecretStr | None = None
    collection: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] = "passages"
    timeout: Annotated[float, Field(gt=0, description="Seconds to wait for a server.")] = 10.0

    @property
    def engine(self) -> Literal["edge", "qdrant"]:
        """Which adapter these settings mean."""
        return "qdrant" if self.url else "edge"
