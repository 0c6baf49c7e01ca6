"""The tokenizer as the `tokenizers` library describes one: the same ids as sentencepiece gives."""

import base64
from typing import Final

from services.embed.tokenizer import MASK_PIECE, character_map
from services.embed.weights import TokenTable

# A marker's score: as words their pieces lose to any other way to read the same letters.
NEVER: Final = -1_000.0
SPACE: Final = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}


def tokenizer_description(table: TokenTable) -> dict[str, object]:
    """The content of `tokenizer.json`."""
    places = {piece: place for place, piece in enumerate(table.pieces)}
    markers = [table.begin, table.pad, table.end, places[MASK_PIECE]]
    charsmap = base64.b64encode(character_map(table)).decode()
    return {
        "version": "1.0",
        "added_tokens": [
            _special(place, table.pieces[place]) for place in sorted([*markers, table.unknown])
        ],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "WhitespaceSplit"}, SPACE],
        },
        "post_processor": _post_processor(table),
        "decoder": SPACE,
        "model": {
            "type": "Unigram",
            "unk_id": table.unknown,
            "vocab": [
                [piece, NEVER if place in markers else score]
                for place, (piece, score) in enumerate(
                    zip(table.pieces, table.scores.tolist(), strict=True)
                )
            ],
            "byte_fallback": False,
        },
    }


def settings_description(table: TokenTable, max_tokens: int) -> dict[str, object]:
    """The content of `tokenizer_config.json`, which transformers reads beside it."""
    begin, end = table.pieces[table.begin], table.pieces[table.end]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_tokens,
        "bos_token": begin,
        "cls_token": begin,
        "eos_token": end,
        "sep_token": end,
        "pad_token": table.pieces[table.pad],
        "unk_token": table.pieces[table.unknown],
        "mask_token": MASK_PIECE,
    }


def _special(place: int, piece: str) -> dict[str, object]:
    return {
        "id": place,
        "content": piece,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }


def _post_processor(table: TokenTable) -> dict[str, object]:
    """One text as `<s> A </s>`, two as `<s> A </s> </s> B </s>`."""
    begin, end = (_marker(table.pieces[place]) for place in (table.begin, table.end))
    first, second = ({"Sequence": {"id": each, "type_id": 0}} for each in "AB")
    return {
        "type": "TemplateProcessing",
        "single": [begin, first, end],
        "pair": [begin, first, end, end, second, end],
        "special_tokens": {
            table.pieces[place]: {
                "id": table.pieces[place],
                "ids": [place],
                "tokens": [table.pieces[place]],
            }
            for place in (table.begin, table.end)
        },
    }


def _marker(piece: str) -> dict[str, object]:
    return {"SpecialToken": {"id": piece, "type_id": 0}}
