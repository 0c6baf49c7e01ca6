"""Sentences as spans, for citing; a heading or a table's row on a line of its own is one too."""

import re
from collections.abc import Iterator
from typing import Final

from services.embed.passages import Span

# Behind a full stop there must be a space and no small letter: "31. oktober", "t.ex. en", "ca. 5".
_END: Final = re.compile(r"(?<=[.!?…])[\"”»'’]?\s+(?=[^\sa-zåäöõüæøšžąčęėįųūāēģīķļņłńóśźż\d])|\n+")


def sentences(text: str) -> Iterator[Span]:
    """Spans of the sentences, without the blanks around them."""
    start = 0
    for match in [*_END.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[start:end]
        if piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            yield Span(first, start + len(piece.rstrip()))
        start = match.end() if match else end
