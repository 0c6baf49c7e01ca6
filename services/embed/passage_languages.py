"""Which language each passage is in, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.events.report import NormalisedReport
from libs.language.detection import LanguageDetector
from services.embed.passages import Passage

LANGUAGE_SURE: Final = 0.5


@dataclass(frozen=True, slots=True)
class PassageLanguage:
    """A language tag, None where it is not known; `confidence` only where it was found out."""

    tag: str | None
    confidence: float | None = None


def passage_languages(
    report: NormalisedReport, passages: Sequence[Passage], detector: LanguageDetector
) -> list[PassageLanguage]:
    """The language of each passage.

    What the partner says of the report holds for all of it. What was found out holds where a
    passage does not speak for itself, because annexes are often in another language.
    """
    if report.language and report.is_given("language"):
        return [PassageLanguage(report.language)] * len(passages)
    provenance = report.provenance.get("/language")
    whole = PassageLanguage(report.language, provenance.confidence if provenance else None)
    return [_detected(passage.text, detector) or whole for passage in passages]


def _detected(text: str, detector: LanguageDetector) -> PassageLanguage | None:
    tag, confidence = next(iter(detector.probabilities(text).items()), (None, 0.0))
    return PassageLanguage(tag, round(confidence, 3)) if confidence >= LANGUAGE_SURE else None
