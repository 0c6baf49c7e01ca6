"""The engines behind PassageIndex: those at hand, and those that keep what is written."""

import os
from collections.abc import Callable

import pytest

from libs.vectors.edge import EdgePassageIndex
from libs.vectors.port import CollectionSpec, PassageIndex
from libs.vectors.qdrant import QdrantPassageIndex
from libs.vectors.qdrant_connection import QdrantConnection
from libs.vectors.settings import VectorSettings

SERVER = os.environ.get("QDRANT_URL")
needs_server = pytest.mark.skipif(SERVER is None, reason="QDRANT_URL names no Qdrant server")
ENGINES = ["edge", "memory", pytest.param("server", marks=needs_server)]
LASTING = ["edge", pytest.param("server", marks=needs_server)]

Open = Callable[[str], PassageIndex]


def open_index(settings: VectorSettings, spec: CollectionSpec) -> PassageIndex:
    """The collection of exactly the settings' name."""
    if settings.engine == "edge":
        return EdgePassageIndex.open(settings.path / settings.collection, spec)
    return QdrantPassageIndex.open(QdrantConnection.open(settings), settings.collection, spec)
