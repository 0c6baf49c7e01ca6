"""Counts of reports by the values that filters take."""

from collections.abc import Iterable

from libs.events.facets import (
    MOST_VALUES,
    CountedCode,
    CountedNumber,
    Facets,
    FacetsQuery,
    KnownCode,
    KnownNumber,
    Themes,
)
from libs.events.report import Outcome
from libs.vectors.port import PassageFilter, PassageIndex
from services.recommend.filters import QUERY, checked_filter

_FAILED = PassageFilter({"outcome": [Outcome.FAILED.value]})


def facets(index: PassageIndex, query: FacetsQuery) -> Facets:
    """The counts. Raises InvalidInput for codes that nothing has."""
    where = checked_filter(index, query, place=QUERY)

    def codes(field: str) -> tuple[CountedCode, ...]:
        found = index.report_facets(field, where=where, limit=query.limit)
        return tuple(CountedCode(value=str(each.value), reports=each.count) for each in found)

    def numbers(field: str) -> tuple[CountedNumber, ...]:
        found = index.report_facets(field, where=where, limit=query.limit)
        return tuple(CountedNumber(value=int(each.value), reports=each.count) for each in found)

    return Facets(
        reports=index.count_reports(where),
        countries=codes("country"),
        nuts=codes("nuts"),
        languages=codes("language"),
        themes=codes("themes"),
        target_groups=codes("target_groups"),
        sdgs=numbers("sdgs"),
        outcomes=codes("outcome"),
        years=numbers("year"),
        partners=codes("partner"),
    )


def themes(index: PassageIndex) -> Themes:
    """What the collection knows of."""

    def codes(field: str) -> tuple[KnownCode, ...]:
        return tuple(
            KnownCode(value=str(value), reports=reports, failed=failed)
            for value, reports, failed in _with_failures(index, field)
        )

    def numbers(field: str) -> Iterable[KnownNumber]:
        return (
            KnownNumber(value=int(value), reports=reports, failed=failed)
            for value, reports, failed in _with_failures(index, field)
        )

    return Themes(
        reports=index.count_reports(),
        failed=index.count_reports(_FAILED),
        sdgs=tuple(numbers("sdgs")),
        themes=codes("themes"),
        target_groups=codes("target_groups"),
        countries=codes("country"),
        years=tuple(sorted(numbers("year"), key=lambda year: year.value)),
        outcomes=tuple(
            CountedCode(value=str(each.value), reports=each.count)
            for each in index.report_facets("outcome")
        ),
    )


def _with_failures(index: PassageIndex, field: str) -> Iterable[tuple[str | int, int, int]]:
    failed = {
        each.value: each.count
        for each in index.report_facets(field, where=_FAILED, limit=MOST_VALUES)
    }
    for each in index.report_facets(field, limit=MOST_VALUES):
        yield each.value, each.count, failed.get(each.value, 0)
