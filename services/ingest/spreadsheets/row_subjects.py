"""What a row's project is about, in the words of the taxonomy, and in which language."""

from functools import cache
from types import MappingProxyType
from typing import Final

from libs.events.tables import ColumnField, TableDefaults
from libs.taxonomy import labels
from services.ingest.spreadsheets.columns import SDG
from services.ingest.spreadsheets.row_cells import RowCells
from services.ingest.spreadsheets.wording import fold, languages

_LANGUAGES: Final = ("sv", "fi", "et", "lv", "lt", "pl", "de", "da", "nb", "en")


def themes_of(row: RowCells, defaults: TableDefaults) -> list[str]:
    """Theme ids, from ids or labels in any of the ten languages."""
    return _known(row, ColumnField.THEMES, "themes") or list(defaults.themes)


def target_groups_of(row: RowCells, defaults: TableDefaults) -> list[str]:
    """Target group ids, the same way."""
    return _known(row, ColumnField.TARGET_GROUPS, "target_groups") or list(defaults.target_groups)


def sdgs_of(row: RowCells) -> list[int]:
    """Goals by number: `3; 11`, `SDG 3`, or by their labels."""
    found: dict[int, None] = {}
    for column, part in row.parts(ColumnField.SDGS):
        for each in part.split(",") if _numbered(part) else [part]:
            number = SDG.fullmatch(each.strip())
            label = _by_label("sdgs").get(fold(each))
            if number or label:
                found[int(number[1] if number else label or 0)] = None
            else:
                row.not_read(column, each.strip(), "one of the 17 goals")
    return list(found)


def language_of(row: RowCells, defaults: TableDefaults) -> str | None:
    """The language's code, from a code or a name."""
    found = row.first(ColumnField.LANGUAGE)
    if found is None:
        return defaults.language
    mapped, cell = found
    tag = languages().get(fold(str(cell))) or languages().get(fold(str(cell).partition("-")[0]))
    if tag is None:
        row.not_read(mapped.column, cell, "a language")
    return tag


def _numbered(part: str) -> bool:
    return any(char.isdigit() for char in part)


def _known(row: RowCells, field: ColumnField, kind: labels.Kind) -> list[str]:
    found: dict[str, None] = {}
    for column, part in row.parts(field):
        known = _by_label(kind).get(fold(part))
        if known:
            found[known] = None
        else:
            row.not_read(column, part, f"one of the known {kind.replace('_', ' ')}")
    return list(found)


@cache
def _by_label(kind: labels.Kind) -> MappingProxyType[str, str]:
    named = {
        fold(labels.label(kind, each, language)): each
        for each in labels.ids(kind)
        for language in _LANGUAGES
    }
    return MappingProxyType(named | {fold(each): each for each in labels.ids(kind)})
