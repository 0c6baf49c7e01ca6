"""What an officer filters by, as the index takes it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from libs.errors import FieldError, InvalidInput
from libs.events.recommendation import FIRST_YEAR, LAST_YEAR, Filters
from libs.events.report import SectionKind
from libs.taxonomy.labels import Kind, ids
from libs.vectors.port import PassageFilter, PassageIndex

BODY: Final = "/filters"
QUERY: Final = "/query"


def checked_filter(
    index: PassageIndex,
    filters: Filters,
    *,
    kinds: Sequence[SectionKind] = (),
    place: str = BODY,
) -> PassageFilter | None:
    """The filter; None where nothing is filtered by.

    Raises InvalidInput for a theme or a target group that neither the taxonomy nor a report has:
    such a filter finds nothing for ever, and its sender should know it. `place` is the JSON
    pointer to the filters.
    """
    unknown = tuple(
        FieldError(f"{place}/{field}/{number}", f"{code!r} is in no report and not in the taxonomy")
        for field, codes in _coded(filters)
        for number, code in enumerate(codes)
        if code not in ids(field) and not index.count_reports(PassageFilter({field: [code]}))
    )
    if unknown:
        raise InvalidInput(
            "A filter has a code that nothing has; see errors. Facets tell those there are.",
            errors=unknown,
        )
    return passage_filter(filters, kinds)


def passage_filter(filters: Filters, kinds: Iterable[SectionKind] = ()) -> PassageFilter | None:
    """The same without a look at the codes."""
    wanted: dict[str, Sequence[str] | Sequence[int]] = {
        "country": filters.countries,
        "nuts": filters.nuts,
        "language": filters.languages,
        "themes": filters.themes,
        "target_groups": filters.target_groups,
        "sdgs": filters.sdgs,
        "outcome": [outcome.value for outcome in filters.outcomes],
        "partner": filters.partners,
        "year": _years(filters),
        "kind": [kind.value for kind in kinds],
    }
    any_of = {name: values for name, values in wanted.items() if values}
    return PassageFilter(any_of) if any_of else None


def _years(filters: Filters) -> Sequence[int]:
    # The index has no ranges; two hundred years cost it no more than one.
    if filters.year_from is None and filters.year_to is None:
        return ()
    return range(filters.year_from or FIRST_YEAR, (filters.year_to or LAST_YEAR) + 1)


def _coded(filters: Filters) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    yield "themes", filters.themes
    yield "target_groups", filters.target_groups
