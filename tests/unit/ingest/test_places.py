"""A place's NUTS code and its country."""

import pytest

from libs.errors import InvalidInput
from libs.events.report import ReportMetadata
from services.ingest.places import check_places


def report(*places: dict[str, str]) -> ReportMetadata:
    return ReportMetadata.model_validate({"title": "T", "places": places})


@pytest.mark.parametrize(
    ("country", "nuts"),
    [
        ("SE", "SE332"),
        ("SE", "SE"),
        ("GB", "UKI31"),
        ("UK", "UKI31"),
        ("GB", "GBI31"),
        ("GR", "EL301"),
        ("EL", "EL301"),
        ("AX", "FI200"),
        ("SJ", "NO0B2"),
        ("RE", "FRY40"),
    ],
)
def test_a_code_of_the_country_is_taken(country: str, nuts: str) -> None:
    check_places(report({"country": country, "nuts": nuts}, {"country": country}))


@pytest.mark.parametrize(
    ("country", "nuts"), [("SE", "FI200"), ("FI", "SE332"), ("GR", "UKI31"), ("AX", "SE110")]
)
def test_a_code_of_another_country_is_named(country: str, nuts: str) -> None:
    with pytest.raises(InvalidInput, match="EL for Greece") as refused:
        check_places(
            report({"country": "SE", "nuts": "SE332"}, {"country": country, "nuts": nuts}),
            pointer="/metadata",
        )
    (error,) = refused.value.errors
    assert error.pointer == "/metadata/places/1/nuts"
    assert nuts in error.detail
    assert country in error.detail
