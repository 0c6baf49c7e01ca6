"""What the taxonomy's entries mean, for machines that have to recognise them in a text."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from libs.taxonomy.labels import Kind

_FOLDER = Path(__file__).parent


def description(kind: Kind, id: str) -> str:  # noqa: A002 - the data's own word
    """Label, description and key words in English, as one text to embed."""
    entry = _entries(kind)[id]
    return (
        f"{entry['labels']['en']}. {entry['description']} {', '.join(entry['keywords'])}".replace(
            "*", ""
        )
    )


def cues(kind: Kind, id: str) -> dict[str, tuple[str, ...]]:  # noqa: A002 - the data's own word
    """Beginnings of words that point to the entry, per language; `_` joins two words.

    One of fewer than four letters is a whole word.
    """
    found: dict[str, str] = _entries(kind)[id]["cues"]
    return {language: tuple(stems.split()) for language, stems in found.items()}


@cache
def _entries(kind: Kind) -> dict[str, dict[str, Any]]:
    entries = json.loads((_FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return {str(entry["id"]): entry for entry in entries}
