"""The engines behind PassageIndex: those at hand, and those that keep what is written."""

import os
from collections.abc import Callable

import pytest

from libs.vectors.port import PassageIndex

SERVER = os.environ.get("QDRANT_URL")
needs_server = pytest.mark.skipif(SERVER is None, reason="QDRANT_URL names no Qdrant server")
ENGINES = ["edge", "memory", pytest.param("server", marks=needs_server)]
LASTING = ["edge", pytest.param("server", marks=needs_server)]

Open = Callable[[str], PassageIndex]
