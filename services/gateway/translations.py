"""The interface's texts in ten languages, and which of them a visitor reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from libs.taxonomy.wording import LANGUAGES, words

DEFAULT: Final = "en"
FOLDER: Final = Path(__file__).parent / "translations"

# Browsers in Norway ask for any of these.
_ALSO: Final = {"no": "nb", "nn": "nb"}


@dataclass(frozen=True, slots=True)
class Translation:
    """All texts in one language, by flat key."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """A text with its `{names}` filled in. Raises KeyError for a key that does not exist."""
        text = self.texts[key]
        return text.format(**values) if values else text

    def get(self, key: str, otherwise: str) -> str:
        """A text, or something else where there is none: a country that is not named here."""
        return self.texts.get(key, otherwise)


def read_translations() -> dict[str, Translation]:
    """All ten, by language, in the order of the language menu."""
    return {language: Translation(language, _texts(language)) for language in LANGUAGES}


def _texts(language: str) -> Mapping[str, str]:
    # What answers are made of has the same words here as for other clients.
    own = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return {**words(language), **own}


def chosen_language(asked: str | None) -> str | None:
    """The language that a link asked for (`?ui=xx`); None when it asked for none of the ten."""
    return asked if asked in LANGUAGES else None


def preferred_language(accept_language: str | None) -> str:
    """The best of the ten by an Accept-Language header (RFC 9110, 12.5.4); English without one."""
    best, weight = DEFAULT, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.partition(";")
        base = tag.strip().lower().partition("-")[0]
        language = _ALSO.get(base, base)
        quality = _quality(parameter)
        if language in LANGUAGES and quality > weight:
            best, weight = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
