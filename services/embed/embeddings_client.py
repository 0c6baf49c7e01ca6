"""Asks a server with the shape of OpenAI's embeddings, patiently, for vectors.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

import base64
import binascii
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, Literal

import httpx
import numpy as np

from libs.bus.retry import Backoff
from libs.errors import Unavailable
from services.embed.embedder import Vectors

InputType = Literal["query", "passage"]
Encoding = Literal["base64", "float"]

INITIAL_PAUSE_S: Final = 0.25
# Whoever asks for a longer pause is left alone: the consumer tries again later, and a question
# cannot wait.
LONGEST_PAUSE_S: Final = 10.0
# Too many requests, and what proxies and servers say while they start, restart or are full.
TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
NOT_UNDERSTOOD: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_SHOWN_CHARACTERS: Final = 200
_URL: Final = "NAVIGATOR_EMBED_REMOTE_URL"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for one attempt, and how many there are."""

    timeout_s: float
    attempts: int


# Someone waits for a question's vector; a batch of passages may take its time.
PATIENCE: Final[Mapping[InputType, Patience]] = {
    "query": Patience(timeout_s=8.0, attempts=2),
    "passage": Patience(timeout_s=60.0, attempts=4),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Vectors as the server gave them, shape (n, dimension), and the model that it names."""

    vectors: Vectors
    model: str | None


class EmbeddingsClient:
    """One server and one model there. Thread-safe. Every failure is Unavailable, with its cure."""

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        send_input_type: bool = False,
        transport: httpx.BaseTransport | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`url` is what `/embeddings` is put after; `key` is sent as a bearer token."""
        self.url = url.rstrip("/")
        self.model = model
        self._send_input_type = send_input_type
        self._backoff = Backoff(INITIAL_PAUSE_S, LONGEST_PAUSE_S, jitter)
        self._encoding: Encoding = "base64"
        self._closed = threading.Event()
        self._http = httpx.Client(
            headers={"authorization": f"Bearer {key}"} if key else {}, transport=transport
        )

    def embed(self, texts: Sequence[str], input_type: InputType) -> Answer:
        """Vectors of the texts in one request, which is made again while that may help."""
        body: dict[str, Any] = {"model": self.model, "input": list(texts)}
        if self._send_input_type:
            body["input_type"] = input_type
        patience = PATIENCE[input_type]
        response = self._post(body | {"encoding_format": self._encoding}, patience)
        if response.status_code in NOT_UNDERSTOOD and self._encoding == "base64":
            # A third of base64's size is worth asking for; a server need not know it.
            response = self._post(body | {"encoding_format": "float"}, patience)
            if response.is_success:
                self._encoding = "float"
        if not response.is_success:
            raise self._trouble(_refusal(response))
        return self._read(response, len(texts))

    def close(self) -> None:
        """Let go of the connections; whoever waits is told."""
        self._closed.set()
        self._http.close()

    def _post(self, body: Mapping[str, Any], patience: Patience) -> httpx.Response:
        attempt = 1
        while True:
            self._check_open()
            pause: float | None = None
            try:
                response = self._http.post(
                    f"{self.url}/embeddings", json=body, timeout=patience.timeout_s
                )
            except RuntimeError:
                # What httpx says when the client was closed since.
                self._check_open()
                raise
            except httpx.HTTPError as error:
                told = f"does not answer ({type(error).__name__}); see that it runs, or mend {_URL}"
            else:
                if response.status_code not in TRY_AGAIN:
                    return response
                pause = _asked_pause(response)
                told = f"answers {response.status_code}; see to it, or wait"
            pause = self._backoff.delay(attempt) if pause is None else pause
            if attempt >= patience.attempts or pause > LONGEST_PAUSE_S:
                raise self._trouble(told)
            self._closed.wait(pause)
            attempt += 1

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise Unavailable("the embedder is closed; ask a service that is running")

    def _read(self, response: httpx.Response, count: int) -> Answer:
        try:
            answer = response.json()
            items = sorted(answer["data"], key=lambda item: int(item["index"]))
            vectors = np.stack([_vector(item["embedding"]) for item in items])
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise self._trouble(
                f"does not answer as OpenAI's embeddings do; mend {_URL}"
            ) from error
        if len(items) != count or vectors.ndim != 2:  # noqa: PLR2004 rows and columns
            raise self._trouble(f"gives {len(items)} vectors for {count} texts; mend {_URL}")
        named = answer.get("model")
        return Answer(vectors, named if isinstance(named, str) and named else None)

    def _trouble(self, told: str) -> Unavailable:
        return Unavailable(
            f"the embedding server at {self.url} {told}", code="embedding-server-unavailable"
        )


def _vector(value: str | list[float]) -> Vectors:
    if isinstance(value, str):
        return np.frombuffer(base64.b64decode(value, validate=True), "<f4").astype(np.float32)
    return np.array(value, np.float32)


def _refusal(response: httpx.Response) -> str:
    match response.status_code:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            cure = "set NAVIGATOR_EMBED_REMOTE_KEY to a key that it takes"
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED:
            cure = f"mend {_URL} (it often ends in /v1) or NAVIGATOR_EMBED_MODEL"
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            cure = "lower NAVIGATOR_EMBED_REMOTE_BATCH or NAVIGATOR_EMBED_REMOTE_MAX_TOKENS"
        case _:
            cure = (
                "check NAVIGATOR_EMBED_MODEL, NAVIGATOR_EMBED_REMOTE_BATCH, "
                "NAVIGATOR_EMBED_REMOTE_INPUT_TYPE and NAVIGATOR_EMBED_REMOTE_MAX_TOKENS"
            )
    return f"answers {response.status_code}{_own_words(response)}; {cure}"


def _own_words(response: httpx.Response) -> str:
    """What the server says itself, where it says it in one of the usual places."""
    try:
        answer = response.json()
        error = answer.get("error", answer)
        words = error if isinstance(error, str) else error.get("message") or error.get("detail")
    except (ValueError, AttributeError):
        return ""
    # A list is a framework's own; it may repeat the texts.
    return f" ({words[:_SHOWN_CHARACTERS]})" if isinstance(words, str) else ""


def _asked_pause(response: httpx.Response) -> float | None:
    """Seconds of its Retry-After, which may also be a date; None where there is no sense in it."""
    value = response.headers.get("retry-after", "")
    try:
        if value.strip().isdigit():
            return float(value)
        # By the server's clock, whose time of the answer is the Date beside it.
        until = parsedate_to_datetime(value) - parsedate_to_datetime(response.headers["date"])
        return max(0.0, until.total_seconds())
    except (ValueError, TypeError, KeyError):
        return None
