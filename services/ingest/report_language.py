"""The language of a report where its partner did not say it."""

import re
from collections.abc import Sequence
from typing import Final

from libs.events.report import Origin, Provenance, Section
from libs.language.detection import TEN, LanguageDetector
from libs.language.tags import SYNONYMS

# A summary in English leaves a report's language uncertain when it is more than about a fifth of
# the text.
SURE: Final = 0.8

# A text surely in another language is left without one: whether it is Faroese or Icelandic,
# Sámi or Shona, lingua does not know.
_TOLD: Final = frozenset(TEN.values()) | {"nn"}
_SAMPLES: Final = 8
_SAMPLE_CHARS: Final = 400
# A language tag from its beginning (BCP 47), or as Java and Windows write it.
_TAG: Final = re.compile(r"\s*([a-z]{2,3})(?:[-_][a-z0-9]+)*\s*", re.ASCII | re.IGNORECASE)
# Undetermined, several, none, not coded.
_NO_LANGUAGE: Final = frozenset({"und", "mul", "zxx", "mis"})


def report_language(
    sections: Sequence[Section], declared: str | None, source: str, detector: LanguageDetector
) -> tuple[str, Provenance] | None:
    """What a document declares, or what its text is in; None when neither is certain.

    Word processors and page templates declare the language of their maker, so the text is asked
    whether it can be true. `source` is where the sections are from; the detector is a wide one.
    """
    likely = _shares(sections, detector)
    surest = next((language for language, share in likely.items() if share >= SURE), None)
    tag = _primary(declared or "")
    if tag and (surest in {None, tag} or tag not in detector.languages):
        return tag, Provenance(origin=Origin.EXTRACTED, source=source)
    if surest not in _TOLD:
        return None
    confidence = round(min(likely[surest], 1.0), 3)
    return surest, Provenance(origin=Origin.INFERRED, confidence=confidence, source=source)


def _shares(sections: Sequence[Section], detector: LanguageDetector) -> dict[str, float]:
    """Each language's mean probability over samples from the whole text."""
    text = "\n".join(section.text for section in sections)
    step = max(_SAMPLE_CHARS, len(text) // _SAMPLES)
    found = [
        probabilities
        for start in range(0, len(text), step)
        if (probabilities := detector.probabilities(text[start : start + _SAMPLE_CHARS]))
    ]
    languages = {language for probabilities in found for language in probabilities}
    return {
        language: sum(each.get(language, 0.0) for each in found) / len(found)
        for language in languages
    }


def _primary(declared: str) -> str | None:
    """The tag's first part, which is the language; None for what tells none."""
    tag = _TAG.fullmatch(declared)
    language = tag.group(1).lower() if tag else None
    return None if language in _NO_LANGUAGE else SYNONYMS.get(language or "", language)
