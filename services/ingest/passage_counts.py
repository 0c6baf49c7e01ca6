"""Asks embed how many passages of which report versions the collection holds."""

import httpx

from libs.events.account import PassageCounts, PassageCountsRequest
from libs.runtime.peers import answered

# A page of 50,000 passages takes half a second; an embed that needs longer than this is away.
TIMEOUT_S = 12.0


class EmbedPassageCounter:
    """The PassageCounter that asks embed over HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def count(self, request: PassageCountsRequest) -> PassageCounts:
        """See PassageCounter."""
        body = request.model_dump(mode="json", exclude_none=True)
        with answered("embed"):
            response = self._client.post("/internal/passages/counts", json=body, timeout=TIMEOUT_S)
            response.raise_for_status()
        return PassageCounts.model_validate_json(response.content)
