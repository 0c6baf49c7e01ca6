"""What the ids and codes of an answer are called in the language that was asked for."""

from collections.abc import Iterable, Iterator, Sequence

from libs.events.recommendation import MethodCard, Wording
from libs.taxonomy.labels import Kind, label
from libs.taxonomy.wording import Language, words


def wording(
    language: Language, cards: Sequence[MethodCard], nearest_themes: Iterable[str] = ()
) -> Wording:
    """Each word that the cards use, once. A code that has no words is left out."""
    named = {f"themes.{theme}": label("themes", theme, language) for theme in nearest_themes}
    known = words(language)
    for card in cards:
        for kind, key in _taxonomy(card):
            named[f"{kind}.{key}"] = label(kind, key, language)
        named |= {key: known[key] for key in _keys(card) if key in known}
        named |= {f"code.{grade}": known[f"evidence.{grade}"] for grade in _grades(card)}
    return Wording(language=language, words=dict(sorted(named.items())))


def _taxonomy(card: MethodCard) -> Iterator[tuple[Kind, str | int]]:
    yield from (("themes", theme) for theme in card.themes)
    yield from (("target_groups", group) for group in card.target_groups)
    yield from (("sdgs", goal) for goal in card.sdgs)
    for statement in card.statements:
        if statement.kind == "target_group" and statement.code:
            yield "target_groups", statement.code


def _keys(card: MethodCard) -> Iterator[str]:
    yield from (f"statement.{statement.kind}" for statement in card.statements)
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
