"""The embedder for models that run elsewhere, behind OpenAI's shape."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from libs.errors import Unavailable
from services.embed.embedder import Vectors
from services.embed.embeddings_client import Answer, EmbeddingsClient, InputType
from services.embed.prefixes import Prefixes
from services.embed.tokenizer import readable

# Tokens are estimated, for the server's tokenizer is not here: one for every two bytes of UTF-8.
# That is meant to be too many: of 10,000 sentences in the ten languages (Tatoeba), XLM-R's
# tokenizer makes more of 4; of a passage of eight sentences it makes two thirds at most.
BYTES_PER_TOKEN: Final = 2
# Of all texts of one request; a server's memory, and its limit on a body, are not known.
REQUEST_BYTES: Final = 200_000


class RemoteEmbedder:
    """Implements the Embedder port. The space of the vectors has the name that the server gives."""

    def __init__(
        self, client: EmbeddingsClient, *, prefixes: Prefixes, batch: int, max_tokens: int
    ) -> None:
        """Asks for one vector, to learn the model's name and dimension. Raises Unavailable."""
        self._client = client
        self._prefixes = prefixes
        self._batch = batch
        self._max_tokens = max_tokens
        first = client.embed([prefixes.query + "navigator"], "query")
        self._named = first.model
        self._dimension: int = first.vectors.shape[1]

    @property
    def model(self) -> str:
        """See Embedder: as the server names it, else as the settings do."""
        return self._prefixes.space(self._named or self._client.model)

    @property
    def dimension(self) -> int:
        """See Embedder."""
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """See Embedder; in estimated tokens."""
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """An estimate, rather too many than too few: the server's tokenizer is not here."""
        return [-(-len(readable(text).strip()) // BYTES_PER_TOKEN) for text in texts]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Raises Unavailable where the server is away, or answers as another one."""
        return self._embed(self._prefixes.query, texts, "query")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Raises Unavailable where the server is away, or answers as another one."""
        return self._embed(self._prefixes.passage, texts, "passage")

    def close(self) -> None:
        """See Embedder."""
        self._client.close()

    def _embed(self, prefix: str, texts: Sequence[str], input_type: InputType) -> Vectors:
        vectors = np.empty((len(texts), self._dimension), np.float32)
        done = 0
        for batch in _batches(
            [self._cut(prefix + text) for text in texts], self._batch, REQUEST_BYTES
        ):
            answer = self._client.embed(batch, input_type)
            self._check(answer)
            vectors[done : done + len(batch)] = answer.vectors
            done += len(batch)
        return _unit(vectors)

    def _cut(self, text: str) -> str:
        # Here, because servers refuse what is too long as often as they cut it. A character cut
        # in two is left out; a text that is nothing but space is refused by some.
        kept = readable(text)[: self._max_tokens * BYTES_PER_TOKEN].decode("utf-8", "ignore")
        return kept if kept.strip() else "-"

    def _check(self, answer: Answer) -> None:
        if answer.model != self._named or answer.vectors.shape[1] != self._dimension:
            raise Unavailable(
                f"the embedding server now answers with {answer.model} "
                f"({answer.vectors.shape[1]} dimensions), and with {self._named} "
                f"({self._dimension}) before; restart embed, and run `navigator reindex` if it is "
                "to stay",
                code="embedding-model-changed",
            )


def _batches(texts: Sequence[str], most: int, most_bytes: int) -> Iterator[list[str]]:
    """In order, `most` texts and `most_bytes` bytes at a time; a longer text by itself."""
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if batch and (len(batch) == most or size + length > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # Written so that NaN and infinity fail too.
    if not ((lengths > 0) & (lengths < np.inf)).all():
        raise Unavailable(
            "the embedding server gives vectors without length; see to its model",
            code="embedding-server-unavailable",
        )
    unit: Vectors = vectors / lengths
    return unit
