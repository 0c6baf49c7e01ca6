"""The embedder port: texts in, unit vectors out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors of one space. Thread-safe. Prefixes are the embedder's affair."""

    @property
    def model(self) -> str:
        """Name and revision of the weights; stored with the collection."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Longest text, in tokens with the prefix and markers, that is read without a cut."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens per text, without prefix and markers."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (len(texts), dimension), unit length; never after bulk."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), unit length."""

    def close(self) -> None:
        """Let go of the model."""
