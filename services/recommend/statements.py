"""What a report says that lets someone act, each statement with its citation; few of each kind."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Final

from libs.events.cards import Statement, StatementKind
from libs.events.labels import Label
from libs.events.report import ReportContent
from libs.vectors.port import PassageHit
from services.recommend.citing import Citing
from services.recommend.found_statements import found, matched
from services.recommend.given_statements import given

MOST_OF_A_KIND: Final = 5
_ORDER: Final = {kind: place for place, kind in enumerate(StatementKind)}


def statements(content: ReportContent, labels: Sequence[Label]) -> tuple[Statement, ...]:
    """Statements in a card's order, at most five of a kind; what was given before what was found.

    `content` has its sections; `labels` are what sorting found in this version. A label that does
    not stand in the text where it says is left out.
    """
    citing = Citing(content)
    return _few(chain(given(citing), found(citing, labels)))


def missing(
    told: Collection[StatementKind],
    content: ReportContent,
    labels: Sequence[Label],
    hits: Sequence[PassageHit],
) -> tuple[Statement, ...]:
    """Statements that only the passages found can cite, of kinds that are not told yet.

    `content` needs no sections: a passage carries its own text. `hits` are passages of it.
    """
    return _few(matched(Citing(content), labels, hits, told))


def _few(several: Iterable[Statement]) -> tuple[Statement, ...]:
    """Each once, the first of each kind."""
    taken: Counter[StatementKind] = Counter()
    chosen: dict[tuple[StatementKind, str], Statement] = {}
    for statement in several:
        key = (statement.kind, statement.text.strip().casefold())
        if key not in chosen and taken[statement.kind] < MOST_OF_A_KIND:
            taken[statement.kind] += 1
            chosen[key] = statement
    return tuple(sorted(chosen.values(), key=lambda each: _ORDER[each.kind]))
