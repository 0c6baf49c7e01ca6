"""Statements as the JSON that a card has: written once for a record, and then only put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Self

from pydantic import TypeAdapter

from libs.events.cards import Statement, StatementKind

_STATEMENT: Final = TypeAdapter(Statement)
_ORDER: Final = {kind: place for place, kind in enumerate(StatementKind)}


@dataclass(frozen=True, slots=True)
class ReadyStatements:
    """`written` are JSON objects, `kinds` what each is of; both are in a card's order."""

    kinds: tuple[StatementKind, ...] = ()
    written: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, several: Sequence[Statement]) -> Self:
        """The same as they are written in an answer."""
        return cls(tuple(each.kind for each in several), tuple(map(_STATEMENT.dump_json, several)))

    def with_more(self, more: Sequence[Statement]) -> bytes:
        """A JSON array of them and of some more, in a card's order."""
        if not more:
            return b"[%b]" % b",".join(self.written)
        kept = zip(self.kinds, self.written, strict=True)
        added = ((each.kind, _STATEMENT.dump_json(each)) for each in more)
        ordered = sorted(chain(kept, added), key=lambda pair: _ORDER[pair[0]])
        return b"[%b]" % b",".join(written for _, written in ordered)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(map(len, self.written)) + 50 * len(self.written)


NONE: Final = ReadyStatements()
