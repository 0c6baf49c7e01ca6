"""What the machine multiplies at best: the limit of every embedder on it."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

from services.embed.openvino_embedder import precision
from services.embed.openvino_model import load_openvino, openvino_core

ROWS: Final = 1_024
WIDTH: Final = 1_536
LAYERS: Final = 8
TIMES: Final = 8


class Peak:
    """Large matrix multiplications by the library and at the precision that the embedder runs.

    Eight products of (1024, 1536) and (1536, 1536) one after the other, on as many streams of one
    thread each.
    """

    def __init__(self, streams: int) -> None:
        openvino = load_openvino()
        operations = openvino.opset13
        source = operations.parameter([ROWS, WIDTH], np.float32)
        node = source
        # Orthogonal, so that values neither grow nor vanish.
        weights = np.linalg.qr(np.random.default_rng(1).normal(size=(WIDTH, WIDTH)))[0]
        constant = operations.constant(weights.astype(np.float32))
        for _ in range(LAYERS):
            node = operations.matmul(node, constant, transpose_a=False, transpose_b=True)
        core = openvino_core()
        settings = {
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": streams,
            "INFERENCE_PRECISION_HINT": precision(core),
        }
        compiled = core.compile_model(openvino.Model([node], [source]), "CPU", settings)
        self._requests = [compiled.create_infer_request() for _ in range(streams)]
        self._rows = np.random.default_rng(2).normal(size=(ROWS, WIDTH)).astype(np.float32)
        self._pool = ThreadPoolExecutor(streams)
        self.gflops()

    def gflops(self) -> float:
        """GFLOP/s now, from about a second's work."""
        started = time.perf_counter()
        list(self._pool.map(self._multiply, self._requests))
        work = 2.0 * ROWS * WIDTH * WIDTH * LAYERS * TIMES * len(self._requests) / 1e9
        return work / (time.perf_counter() - started)

    def _multiply(self, request: Any) -> None:
        for _ in range(TIMES):
            request.infer([self._rows], share_inputs=True)


def gflop_of_text(tokens: int, *, hidden: int = 384, wide: int = 1_536, layers: int = 12) -> float:
    """Multiplications and additions of the model for a text, in GFLOP.

    Per token 4 products hidden by hidden and 2 hidden by wide in each layer; per pair of tokens
    the two of attention (https://arxiv.org/abs/1706.03762).
    """
    per_token = 2 * (4 * hidden**2 + 2 * hidden * wide)
    per_pair = 2 * 2 * hidden
    return layers * (per_token * tokens + per_pair * tokens**2) / 1e9
