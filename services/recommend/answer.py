"""An answer as it is sent: what a question decides by its models, the statements as they are kept.

Made as models, the 30 statements of a full card took four fifths of an answer's time: each is
read, checked and written again, and no question changes them (docs/adr/0033).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from libs.events.recommendation import MethodCard, Recommendations
from services.recommend.ready_statements import ReadyStatements

_STATEMENTS: Final = {"statements"}
_CARDS: Final = {"cards"}


@dataclass(frozen=True, slots=True)
class Card:
    """A card whose `fields` leave its statements out."""

    fields: MethodCard
    statements: ReadyStatements

    def json(self) -> bytes:
        """The whole card."""
        fields = self.fields.model_dump_json(exclude=_STATEMENTS).encode()
        return _with(fields, b"statements", self.statements.json())


@dataclass(frozen=True, slots=True)
class Answer:
    """`head` has no cards. `afterwards` is what is left to do once it is sent."""

    head: Recommendations
    cards: tuple[Card, ...]
    afterwards: Callable[[], None] | None = None

    def json(self) -> bytes:
        """The same as a Recommendations with all its cards is written."""
        head = self.head.model_dump_json(exclude=_CARDS).encode()
        return _with(head, b"cards", b"[%b]" % b",".join(card.json() for card in self.cards))


def _with(written: bytes, name: bytes, value: bytes) -> bytes:
    """A JSON object, which is not empty, with one more field."""
    return b'%b,"%b":%b}' % (written[:-1], name, value)
