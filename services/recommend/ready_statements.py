"""Statements as the JSON that a card has: written once for a record, and then only put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from pydantic import TypeAdapter

from libs.events.cards import Statement, StatementKind

_STATEMENT: Final = TypeAdapter(Statement)
_GROUP: Final = StatementKind.TARGET_GROUP
_ORDER: Final = {kind: place for place, kind in enumerate(StatementKind)}


@dataclass(frozen=True, slots=True)
class ReadyStatements:
    """`written` are JSON objects, `kinds` what each is of; both are in a card's order.

    `target_groups` are the taxonomy's ids among them.
    """

    kinds: tuple[StatementKind, ...] = ()
    written: tuple[bytes, ...] = ()
    target_groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, several: Sequence[Statement]) -> Self:
        """The same as they are written in an answer."""
        return cls(
            tuple(each.kind for each in several),
            tuple(map(_STATEMENT.dump_json, several)),
            tuple(each.code for each in several if each.code and each.kind == _GROUP),
        )

    def with_more(self, more: Sequence[Statement]) -> Self:
        """They and some more, in a card's order."""
        if not more:
            return self
        added = self.of(more)
        kinds, written = self.kinds + added.kinds, self.written + added.written
        order = sorted(range(len(kinds)), key=lambda place: _ORDER[kinds[place]])
        return type(self)(
            tuple(kinds[place] for place in order),
            tuple(written[place] for place in order),
            self.target_groups + added.target_groups,
        )

    def json(self) -> bytes:
        """A JSON array of them."""
        return b"[%b]" % b",".join(self.written)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(map(len, self.written)) + 50 * len(self.written)


NONE: Final = ReadyStatements()
