"""Recommend as operators' commands use it; it is not open to the public."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from libs.events.unmet import ToldNeed, ToldPage
from libs.runtime.settings import PlatformSettings, read_settings
from navigator.client import GatewayClient
from navigator.terminal import telling_errors

RecommendUrl = Annotated[
    str | None, typer.Option("--url", help="Recommend's address. Default: as the settings say.")
]


class RecommendClient(GatewayClient):
    """Talks to recommend itself. Raises GatewayError for everything that goes wrong."""

    def unmet_needs(self, wanted: dict[str, str]) -> Iterator[ToldNeed]:
        """All of them that match, oldest first, page by page."""
        parameters = {"limit": "200", **wanted}
        while True:
            found = self._get("/internal/unmet-needs", parameters)
            page = ToldPage.model_validate_json(found.content)
            yield from page.items
            if page.next is None:
                return
            parameters["cursor"] = page.next


@contextmanager
def recommend(url: str | None) -> Iterator[RecommendClient]:
    """A client for a command; its errors end the command with exit code 1."""
    with (
        telling_errors(),
        RecommendClient(url or read_settings(PlatformSettings).url_of("recommend")) as client,
    ):
        yield client
