"""What an Embedder around another one passes on as it is."""

from collections.abc import Sequence

from services.embed.embedder import Embedder, Vectors


class WrappedEmbedder:
    """An Embedder that is the one within, but for what a subclass changes."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def model(self) -> str:
        """See Embedder."""
        return self._embedder.model

    @property
    def dimension(self) -> int:
        """See Embedder."""
        return self._embedder.dimension

    @property
    def max_tokens(self) -> int:
        """See Embedder."""
        return self._embedder.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        return self._embedder.count_tokens(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embedder.embed_queries(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embedder.embed_passages(texts)

    def close(self) -> None:
        """See Embedder."""
        self._embedder.close()
