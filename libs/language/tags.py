"""Other codes that stand for one of the ten languages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Norwegian without saying which is Bokmål nine times out of ten; the others are ISO 639-2, which
# libraries and word processors write.
SYNONYMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no": "nb",
        "nor": "nb",
        "nob": "nb",
        "swe": "sv",
        "fin": "fi",
        "est": "et",
        "lav": "lv",
        "lit": "lt",
        "pol": "pl",
        "deu": "de",
        "ger": "de",
        "dan": "da",
        "eng": "en",
    }
)
