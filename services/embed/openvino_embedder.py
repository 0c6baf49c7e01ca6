"""The default embedder: multilingual-e5-small on OpenVINO, for queries and for bulk at once."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.errors import Unavailable
from services.embed.conversion import PreparedModel
from services.embed.embedder import Vectors
from services.embed.openvino_model import openvino_core
from services.embed.prefixes import E5, Prefixes
from services.embed.tokenizer import Tokenizer

MARKERS: Final = 2  # <s> and </s>
# Every new shape costs OpenVINO time and memory, so lengths are rounded up to a multiple: of twice
# as much beyond the eighth, where a few more tokens are a smaller part.
QUERY_STEP: Final = 8
PASSAGE_STEP: Final = 16
_FINE_STEPS: Final = 8
# Tokens of one batch: 4 passages of 128. Twice as many run no faster on a thread of their own, and
# the worker held 40 MB more after 2,000 texts.
BATCH_TOKENS: Final = 512

_Block = tuple[list[int], NDArray[np.int32]]
"""Numbers of some texts, and their padded ids."""


class OpenVinoEmbedder:
    """Implements the Embedder port. Any number of threads may call; `streams` of them compute."""

    def __init__(
        self,
        prepared: PreparedModel,
        *,
        prefixes: Prefixes = E5,
        streams: int = 2,
        bulk_streams: int | None = None,
        threads: int | None = None,
    ) -> None:
        """Load the model: `threads` cores (all by default) shared out among `streams`.

        Bulk takes `bulk_streams` of them; by default all but one, and the only one where there is
        no second: a process that answers queries needs two at least.
        """
        self._prepared = prepared
        self._prefixes = prefixes
        self._tokenizer = Tokenizer(prepared.tokenizer)
        compiled = _compile(prepared, streams, threads or os.cpu_count() or 1)
        requests = [compiled.create_infer_request() for _ in range(streams)]
        # The first array that pyopenvino takes sets something up under a lock of its own, for which
        # it needs the interpreter's: two threads that came first stood for ever. It takes 100 ms,
        # all others 9, and the first asker need not wait for it.
        requests[0].infer([np.zeros((1, QUERY_STEP), np.int32)])
        self._bulk_streams = bulk_streams or max(1, streams - 1)
        self._requests = _Requests(requests, for_bulk=self._bulk_streams)
        # Threads that keep the streams of bulk at work; a query computes in its caller's.
        self._bulk = ThreadPoolExecutor(self._bulk_streams, thread_name_prefix="embed-bulk")

    @property
    def model(self) -> str:
        """Name and revision of the weights; stored with the collection."""
        return self._prefixes.space(self._prepared.name)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._prepared.dimension

    @property
    def max_tokens(self) -> int:
        """Longest text, in tokens with the prefix and markers, that is read without a cut."""
        return self._prepared.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens per text, without prefix and markers."""
        return [len(ids) for ids in self._tokenizer.encode(texts)]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (len(texts), dimension), unit length. Never waits for bulk.

        Raises Unavailable once the embedder is closed.
        """
        work = self._blocks(self._prefixes.query, texts, QUERY_STEP, streams=1)
        return self._gathered(len(texts), (self._run(block, bulk=False) for block in work))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), unit length.

        Raises Unavailable once the embedder is closed.
        """
        work = self._blocks(self._prefixes.passage, texts, PASSAGE_STEP, streams=self._bulk_streams)
        return self._gathered(len(texts), self._bulk.map(partial(self._run, bulk=True), work))

    def close(self) -> None:
        """Let go of the model. A call that is under way ends with Unavailable."""
        self._requests.close()

    def _blocks(
        self, prefix: str, texts: Sequence[str], step: int, *, streams: int
    ) -> Iterator[_Block]:
        tokens = self._tokenizer
        room = self.max_tokens - MARKERS
        ids = [
            [tokens.begin, *text[:room], tokens.end]
            for text in tokens.encode([prefix + text for text in texts])
        ]
        lengths = [len(row) for row in ids]
        # A report's few passages would be one batch, and all streams but one would look on.
        share = -(-sum(_width(length, step) for length in lengths) // streams)
        for rows in batches(lengths, step=step, budget=min(BATCH_TOKENS, share)):
            yield rows, _padded([ids[row] for row in rows], step, tokens.pad)

    def _run(self, block: _Block, *, bulk: bool) -> tuple[list[int], Vectors]:
        rows, ids = block
        with self._requests.lend(bulk=bulk) as request:
            means = request.infer([ids], share_inputs=True)[0]
        return rows, means / np.linalg.norm(means, axis=1, keepdims=True)

    def _gathered(self, count: int, found: Iterable[tuple[list[int], Vectors]]) -> Vectors:
        vectors = np.empty((count, self.dimension), np.float32)
        for rows, of_rows in found:
            vectors[rows] = of_rows
        return vectors


def batches(lengths: Sequence[int], *, step: int, budget: int) -> Iterator[list[int]]:
    """Rows of like length together, longest first; padded, a batch holds `budget` tokens at most.

    Lengths are padded to a multiple of `step`, long ones of twice that. A single row over the
    budget makes a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    start = 0
    while start < len(order):
        count = max(1, budget // _width(lengths[order[start]], step))
        yield order[start : start + count]
        start += count


def _width(length: int, step: int) -> int:
    if length > _FINE_STEPS * step:
        step *= 2
    return -(-length // step) * step


def _padded(rows: list[list[int]], step: int, pad: int) -> NDArray[np.int32]:
    width = _width(max(map(len, rows)), step)
    return np.array([row + [pad] * (width - len(row)) for row in rows], np.int32)


def precision(core: Any) -> str:
    """What the model runs in here, as OpenVINO names it."""
    return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def _compile(prepared: PreparedModel, streams: int, threads: int) -> Any:
    core = openvino_core()
    settings = {
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": max(threads, streams),
        "INFERENCE_PRECISION_HINT": precision(core),
        # Pinned threads of two processes would sit on the same cores.
        "ENABLE_CPU_PINNING": False,
    }
    try:
        return core.compile_model(str(prepared.model), "CPU", settings)
    except RuntimeError as error:
        raise Unavailable(
            f"OpenVINO cannot load {prepared.model} ({error}); remove its folder, so that it is "
            "made anew",
            code="model-unreadable",
        ) from error


class _Requests:
    """Infer requests, one for each stream, lent to one caller at a time, first come first served.

    Handed over to the one who has waited longest: with a plain condition, a caller that came
    back at once took the request again, and of eight callers the unlucky waited 250 ms.
    """

    def __init__(self, requests: list[Any], *, for_bulk: int) -> None:
        self._free = requests
        self._for_bulk = for_bulk
        self._waiting: list[tuple[Future[Any], bool]] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self, *, bulk: bool) -> Iterator[Any]:
        """Wait for a free request. Bulk also waits while its share of them is out."""
        turn: Future[Any] = Future()
        with self._lock:
            self._waiting.append((turn, bulk))
            self._serve()
        request = turn.result()
        try:
            yield request
        finally:
            with self._lock:
                self._for_bulk += bulk
                if not self._closed:
                    self._free.append(request)
                self._serve()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._free.clear()
            self._serve()

    def _serve(self) -> None:
        """Give what is free to those who wait. Needs the lock."""
        still_waiting = []
        for turn, bulk in self._waiting:
            if self._closed:
                turn.set_exception(
                    Unavailable("the embedder is closed; ask a service that is running")
                )
            elif self._free and self._for_bulk >= bulk:
                self._for_bulk -= bulk
                turn.set_result(self._free.pop())
            else:
                still_waiting.append((turn, bulk))
        self._waiting = still_waiting
