"""Words that point to a label, counted in texts of ten languages."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.taxonomy.descriptions import cues
from libs.taxonomy.labels import Kind

_WORD: Final = re.compile(r"\w+")
# A shorter stem begins too many words that have nothing to do with it, so it is a whole word.
_SHORTEST_STEM: Final = 4
# No stem is longer; a "word" of a megabyte costs no more than one of 40 letters.
_LONGEST_STEM: Final = 40


class CueCounter:
    """Counts for each label of a kind how many words of a text point to it."""

    def __init__(self, kind: Kind, ids: Sequence[str]) -> None:
        self._labels = len(ids)
        found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, id_ in enumerate(ids):
            for language, stems in cues(kind, id_).items():
                for stem in stems:
                    found[language][stem.casefold()].append(number)
        self._stems: Mapping[str, Mapping[str, list[int]]] = found
        # Nineteen words of twenty begin like no stem at all, which is quickly seen.
        self._beginnings = {
            language: frozenset(stem[:_SHORTEST_STEM] for stem in stems)
            for language, stems in found.items()
        }

    def count(self, texts: Sequence[str], languages: Sequence[str | None]) -> NDArray[np.float64]:
        """Shape (texts, labels). A text of an unknown language has no cue."""
        counts = np.zeros((len(texts), self._labels))
        for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
            tag = (language or "").partition("-")[0]
            if tag in self._stems:
                self._add(counts[row], text, tag)
        return counts

    def _add(self, row: NDArray[np.float64], text: str, language: str) -> None:
        stems, beginnings = self._stems[language], self._beginnings[language]
        words = _WORD.findall(text.casefold())
        pairs = (f"{first}_{second}" for first, second in pairwise(words))
        for word in (*words, *pairs):
            if word[:_SHORTEST_STEM] not in beginnings:
                continue
            for length in range(min(len(word), _SHORTEST_STEM), min(len(word), _LONGEST_STEM) + 1):
                if length >= _SHORTEST_STEM or length == len(word):
                    for label in stems.get(word[:length], ()):
                        row[label] += 1
