"""What municipalities are called beside their names, in the languages of the region."""

from collections.abc import Iterator
from typing import Final

from libs.places.folding import folded

_KINDS: Final = frozenset(
    map(
        folded,
        (
            *("kommun", "stad", "kommune", "kunta", "kaupunki", "vald", "linn", "novads"),
            *("pilsēta", "valstspilsēta", "gmina", "miasto", "Stadt", "Gemeinde", "Hansestadt"),
            *("municipality", "city", "town"),
        ),
    )
)
_OF: Final = "of"


def without_kind(name: str) -> Iterator[str]:
    """The name without a word such as kommun; with and without a Swedish or Danish genitive.

    Nothing comes where there is no such word. Cases of Finnish, Polish and the Baltic languages
    are left alone: what they stand for is not certain.
    """
    words = folded(name).split()
    left = [word for word in words if word not in _KINDS]
    if not left or left == words:
        return
    bare = " ".join(left[1:] if left[0] == _OF and len(left) > 1 else left)
    yield bare
    if bare.endswith("s"):
        yield bare.removesuffix("s")
