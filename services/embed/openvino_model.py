"""Draws multilingual-e5-small as an OpenVINO model and keeps its weights in 4 bit.

A BERT encoder with post-LayerNorm; token ids in, the mean of the last layer's real tokens out.
Each weight matrix stays compressed (signed 4-bit codes, an fp16 scale per 32) in the file and in
memory, in the one pattern of nodes that OpenVINO's CPU plugin multiplies and gathers without
unfolding it: Constant, Convert, Multiply, Reshape, Convert. On a CPU with AMX, bf16 weights would
be a quarter faster and 97 MB larger.
"""

import importlib
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.embed.weights import GROUP, ZERO_POINT, Floats, Quantized, Weights

# Added to the attention score of padding: its share is 0 after softmax, also in bf16.
PADDING_BIAS: Final = 1e4


def load_openvino() -> Any:
    """The OpenVINO package, imported on first use and without its telemetry.

    `import openvino` alone sends an event to Google Analytics unless somebody has opted out
    (2026.4); without the package openvino_telemetry it takes a stub of its own instead.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # None forbids it
    return importlib.import_module("openvino")


@cache
def openvino_core() -> Any:
    """The process's one Core, never let go of.

    Where the machine has AMX, the CPU plugin gives the thread that makes it a stack for signals,
    and frees it with the last Core or model, in whichever thread that happens (2026.4): the next
    signal to the first thread, the one at a stop, then ended the process with SIGSEGV.
    """
    return load_openvino().Core()


def save_openvino_model(weights: Weights, path: Path) -> None:
    """Write `path` (.xml) and the .bin beside it: ids (texts, tokens) i32 -> (texts, hidden) f32.

    Tokens equal to the pad id are left out of the mean; the result is not yet of unit length.
    Raises InvalidInput when the weights do not hold the tensors of this network.
    """
    openvino = load_openvino()
    model = _Encoder(weights, openvino).draw()
    # The scales are fp16 already; compressing would round the LayerNorms and biases too.
    openvino.save_model(model, str(path), compress_to_fp16=False)


def pack_signed(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes of 0..15 as OpenVINO's i4: less 8, in two's complement, the even one low."""
    signed = codes.reshape(-1) ^ np.uint8(ZERO_POINT)
    return signed[0::2] | (signed[1::2] << np.uint8(4))


class _Encoder:
    """The network's parts as nodes of an OpenVINO graph."""

    def __init__(self, weights: Weights, openvino: Any) -> None:
        self.weights = weights
        self.shape = weights.shape
        self.openvino = openvino
        self.op = importlib.import_module("openvino.opset13")

    def draw(self) -> Any:
        op = self.op
        ids = op.parameter([-1, -1], np.int32, "ids")
        pad = op.constant(np.int32(self.weights.tokens.pad))
        real = op.convert(op.not_equal(ids, pad), "f32")
        absent = op.subtract(real, op.constant(np.float32(1)))
        bias = op.multiply(absent, op.constant(np.float32(PADDING_BIAS)))
        bias = op.unsqueeze(bias, self.integers(1, 2))
        state = self.embedding(ids)
        for layer in range(self.shape.layers):
            state = self.layer(f"l{layer}.", state, bias)
        total = op.matmul(op.unsqueeze(real, self.integers(1)), state, False, False)
        count = op.reduce_sum(real, self.integers(1), True)
        mean = op.divide(op.squeeze(total, self.integers(1)), count)
        return self.openvino.Model([op.result(mean)], [ids], "multilingual-e5-small")

    def embedding(self, ids: Any) -> Any:
        op, shape = self.op, self.shape
        words = self.matrix(self.weights.quantized("emb.word", shape.words, shape.hidden))
        word = op.gather(words, ids, op.constant(np.int64(0)))
        places = self.weights.floats("emb.pos", shape.positions, shape.hidden)
        kinds = self.weights.floats("emb.type", shape.token_types, shape.hidden)
        # Every token is of kind 0, so that row is added to the places once and for all.
        table = self.constant(places + kinds[0])
        length = op.gather(op.shape_of(ids), self.integers(1), op.constant(np.int64(0)))
        place = op.slice(table, self.integers(0), length, self.integers(1), self.integers(0))
        return self.norm("emb.ln", op.add(word, op.unsqueeze(place, self.integers(0))))

    def layer(self, name: str, state: Any, bias: Any) -> Any:
        op, shape = self.op, self.shape
        hidden, wide = shape.hidden, shape.feed_forward
        query, key, value = (
            self.heads(self.linear(name + part, state, hidden, hidden)) for part in "qkv"
        )
        scale = op.constant(np.float32((hidden // shape.heads) ** -0.5))
        mixed = op.scaled_dot_product_attention(query, key, value, bias, scale, causal=False)
        mixed = op.transpose(mixed, self.integers(0, 2, 1, 3))
        mixed = op.reshape(mixed, self.integers(0, 0, hidden), True)
        attention = self.linear(name + "ao", mixed, hidden, hidden)
        state = self.norm(name + "aln", op.add(state, attention))
        inner = op.gelu(self.linear(name + "fi", state, hidden, wide), "erf")
        outer = self.linear(name + "fo", inner, wide, hidden)
        return self.norm(name + "oln", op.add(state, outer))

    def heads(self, state: Any) -> Any:
        """(texts, tokens, hidden) to (texts, heads, tokens, hidden / heads)."""
        count = self.shape.heads
        split = self.integers(0, 0, count, self.shape.hidden // count)
        return self.op.transpose(self.op.reshape(state, split, True), self.integers(0, 2, 1, 3))

    def linear(self, name: str, state: Any, columns: int, rows: int) -> Any:
        weight = self.matrix(self.weights.quantized(name + ".w", rows, columns))
        bias = self.constant(self.weights.floats(name + ".b", rows))
        return self.op.add(self.op.matmul(state, weight, False, True), bias)

    def norm(self, name: str, state: Any) -> Any:
        hidden = self.shape.hidden
        level = self.op.mvn(state, self.integers(-1), True, self.shape.epsilon, "inside_sqrt")
        scaled = self.op.multiply(level, self.constant(self.weights.floats(name + ".w", hidden)))
        return self.op.add(scaled, self.constant(self.weights.floats(name + ".b", hidden)))

    def matrix(self, source: Quantized) -> Any:
        """A compressed matrix (rows, columns) that reads as f32."""
        op, openvino = self.op, self.openvino
        rows, columns = source.codes.shape
        groups = [rows, columns // GROUP, GROUP]
        tensor = openvino.Tensor(pack_signed(source.codes), groups, openvino.Type.i4)
        # Copied, or the constant would look into an array that is gone by the time it is saved.
        codes = op.convert(op.constant(tensor, shared_memory=False), "f16")
        scaled = op.multiply(codes, op.constant(source.scales[:, :, None]))
        return op.convert(op.reshape(scaled, self.integers(rows, columns), False), "f32")

    def constant(self, values: Floats) -> Any:
        return self.op.constant(np.ascontiguousarray(values))

    def integers(self, *values: int) -> Any:
        return self.op.constant(np.array(values, np.int64))
