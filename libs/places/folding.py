"""Names as they are compared: without case, accents and punctuation."""

import re
import unicodedata
from typing import Final

# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th"}
)
_NOT_IN_WORDS: Final = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """Lower-case letters and digits, words apart by one blank; empty when there are none."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(char for char in apart if not unicodedata.combining(char))
    return _NOT_IN_WORDS.sub(" ", plain.translate(_PLAIN)).strip()
