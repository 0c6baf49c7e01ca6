"""Embed as operators' commands use it; it is not open to the public."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from libs.events.reindex import ReindexRequest, ReindexStatus
from libs.runtime.settings import PlatformSettings, read_settings
from navigator.client import GatewayClient
from navigator.terminal import telling_errors

EmbedUrl = Annotated[
    str | None, typer.Option("--url", help="Embed's address. Default: as the settings say.")
]
# A model is opened, or fetched, before the answer.
LONG_S = 600.0
PATH = "/internal/reindex"


class EmbedClient(GatewayClient):
    """Talks to embed itself. Raises GatewayError for everything that goes wrong."""

    def reindex(self, request: ReindexRequest) -> ReindexStatus:
        """Have a new collection built."""
        answer = self._post(PATH, json=request.model_dump(), timeout_s=LONG_S)
        return ReindexStatus.model_validate_json(answer.content)

    def reindex_status(self) -> ReindexStatus:
        """How far it is."""
        return ReindexStatus.model_validate_json(self._get(PATH).content)

    def reindex_step(self, step: str) -> ReindexStatus:
        """`switch`, `confirm`, `rollback` or `cancel`."""
        answer = self._post(f"{PATH}/{step}", timeout_s=LONG_S)
        return ReindexStatus.model_validate_json(answer.content)


@contextmanager
def embed(url: str | None) -> Iterator[EmbedClient]:
    """A client for a command; its errors end the command with exit code 1."""
    with (
        telling_errors(),
        EmbedClient(url or read_settings(PlatformSettings).url_of("embed")) as client,
    ):
        yield client
