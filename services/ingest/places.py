"""Whether a place's NUTS code lies in its country."""

from types import MappingProxyType
from typing import Final

from libs.errors import FieldError, InvalidInput
from libs.events.pointers import json_pointer
from libs.events.report import Place, ReportMetadata

# Codes of ISO 3166 and the letters that NUTS 2024 has for them, where the two differ: the Union's
# own letters for two countries, and territories that have a country code but lie in another's
# regions. https://eur-lex.europa.eu/eli/reg/2003/1059/oj
_NUTS_LETTERS: Final = MappingProxyType(
    {
        "GB": "UK",
        "GR": "EL",
        "AX": "FI",
        "SJ": "NO",
        "GF": "FR",
        "GP": "FR",
        "MF": "FR",
        "MQ": "FR",
        "RE": "FR",
        "YT": "FR",
    }
)


def check_places(report: ReportMetadata, *, pointer: str = "") -> None:
    """Raise InvalidInput, with JSON pointers, for NUTS codes of other countries.

    They are checked here and not in the model, so that what was taken in once can be read for
    ever.
    """
    errors = tuple(
        FieldError(
            pointer + json_pointer(("places", number, "nuts")),
            f"{place.nuts} is not in {place.country}",
        )
        for number, place in enumerate(report.places)
        if not _fits(place)
    )
    if errors:
        raise InvalidInput(
            "A NUTS code begins with its country's letters, EL for Greece and UK for the United "
            "Kingdom. Correct the code or the country.",
            errors=errors,
        )


def _fits(place: Place) -> bool:
    if place.nuts is None:
        return True
    given, wanted = place.nuts[:2], place.country
    return _NUTS_LETTERS.get(given, given) == _NUTS_LETTERS.get(wanted, wanted)
