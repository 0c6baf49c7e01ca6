"""What themes, target groups and the Sustainable Development Goals are called in ten languages."""

import json
from functools import cache
from pathlib import Path
from typing import Literal

Kind = Literal["themes", "target_groups", "sdgs"]

_FOLDER = Path(__file__).parent
_FALLBACK = "en"


def label(kind: Kind, id: str | int, language: str) -> str:  # noqa: A002 - the data's own word
    """The label in a language (ISO 639-1), else in English.

    A slug that is not in the taxonomy, or no longer, is its own label.
    """
    labels = _labels(kind).get(str(id))
    if labels is None:
        return str(id).replace("-", " ")
    return labels.get(language, labels[_FALLBACK])


def ids(kind: Kind) -> tuple[str, ...]:
    """All ids of a kind, in the order of the data."""
    return tuple(_labels(kind))


@cache
def _labels(kind: Kind) -> dict[str, dict[str, str]]:
    entries = json.loads((_FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return {str(entry["id"]): entry["labels"] for entry in entries}
