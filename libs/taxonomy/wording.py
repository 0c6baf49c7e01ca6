"""What the parts, codes, grades and kinds of an answer are called in ten languages."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

Language = Literal["sv", "fi", "en", "de", "pl", "et", "lv", "lt", "da", "nb"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
FOLDER: Final = Path(__file__).parent / "words"


@cache
def words(language: str) -> Mapping[str, str]:
    """All of one language (ISO 639-1), by flat key such as `evidence.measured` or `code.alike`.

    Raises KeyError for a language that is none of the ten.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    found: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found
