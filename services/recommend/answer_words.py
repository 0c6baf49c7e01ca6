"""What the ids and codes of an answer are called in the language that was asked for."""

from collections.abc import Iterable, Iterator
from itertools import chain

from libs.events.recommendation import MethodCard, Wording
from libs.taxonomy.labels import Kind, label
from libs.taxonomy.wording import Language, words
from services.recommend.answer import Card


def wording(
    language: Language, cards: Iterable[Card], nearest_themes: Iterable[str] = ()
) -> Wording:
    """Each word that the cards use, once. A code that has no words is left out."""
    named = {f"themes.{theme}": label("themes", theme, language) for theme in nearest_themes}
    known = words(language)
    for card in cards:
        for kind, key in _taxonomy(card):
            named[f"{kind}.{key}"] = label(kind, key, language)
        keys = chain(_keys(card.fields), (f"statement.{kind}" for kind in card.statements.kinds))
        named |= {key: known[key] for key in keys if key in known}
        named |= {f"code.{grade}": known[f"evidence.{grade}"] for grade in _grades(card.fields)}
    return Wording(language=language, words=dict(sorted(named.items())))


def _taxonomy(card: Card) -> Iterator[tuple[Kind, str | int]]:
    groups = chain(card.fields.target_groups, card.statements.target_groups)
    yield from (("themes", theme) for theme in card.fields.themes)
    yield from (("target_groups", group) for group in groups)
    yield from (("sdgs", goal) for goal in card.fields.sdgs)


def _keys(card: MethodCard) -> Iterator[str]:
    if card.outcome:
        yield f"outcome.{card.outcome}"
    if card.evidence_level:
        yield card.evidence_level.note
        yield f"evidence.{card.evidence_level.grade}"
    for part in card.ranking.parts if card.ranking else ():
        yield f"ranking.{part.name}"
        yield f"code.{part.code}"
    for name, code in card.fit.reasons.items() if card.fit else ():
        yield f"fit.{name}"
        yield f"code.{code}"


def _grades(card: MethodCard) -> Iterator[str]:
    # The part of the ranking that tells of evidence has the grade as its code.
    if card.evidence_level:
        yield card.evidence_level.grade
