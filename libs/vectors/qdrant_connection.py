"""A connection to a Qdrant server, or to qdrant-client's memory for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final, Self

import httpx
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from libs.errors import Overloaded, Unavailable
from libs.vectors.settings import IN_MEMORY, VectorSettings

_HTTP_NOT_FOUND: Final = 404
_HTTP_REFUSED: Final = frozenset({401, 403})
_HTTP_BROKEN: Final = 500


class QdrantConnection:
    """The client, and its errors turned into ours.

    In memory callers come one after another, which qdrant-client needs there.
    """

    def __init__(self, client: QdrantClient, *, in_memory: bool, api_key: str) -> None:
        self.client = client
        self.in_memory = in_memory
        self.api_key = api_key
        self._lock = RLock()

    @classmethod
    def open(cls, settings: VectorSettings) -> Self:
        """A connection to what the settings name. Nothing is asked of it yet."""
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        if settings.url == IN_MEMORY:
            return cls(QdrantClient(IN_MEMORY), in_memory=True, api_key=key)
        client = QdrantClient(
            url=settings.url,
            api_key=key or None,
            timeout=max(1, round(settings.timeout)),
            # It would be a request, and a warning where we want an error.
            check_compatibility=False,
        )
        return cls(client, in_memory=False, api_key=key)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn what the client raises into Navigator's errors, and queue where it must."""
        if self.in_memory:
            with self._lock:
                yield
            return
        try:
            yield
        except (ResponseHandlingException, httpx.HTTPError) as error:
            raise Unavailable(
                "Qdrant does not answer; check that it runs and that NAVIGATOR_QDRANT_URL is right."
            ) from error
        except ResourceExhaustedResponse as error:
            raise Overloaded(
                "Qdrant is overloaded; come back later.", retry_after=error.retry_after_s
            ) from error
        except UnexpectedResponse as error:
            if (refusal := _refusal(error.status_code)) is None:
                raise
            raise Unavailable(refusal) from error

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


def _refusal(status: int | None) -> str | None:
    """What to do about an answer that is not the request's fault; None if it may be."""
    if status is None or status >= _HTTP_BROKEN:
        return "Qdrant failed to answer; look into its log and try again."
    if status in _HTTP_REFUSED:
        return "Qdrant refuses the key; set NAVIGATOR_QDRANT_API_KEY."
    if status == _HTTP_NOT_FOUND:
        return (
            "Qdrant has lost the collection; restart embed to make it anew, "
            "then run `navigator replay`."
        )
    return None
