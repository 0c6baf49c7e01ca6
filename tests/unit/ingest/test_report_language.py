"""The language of a report whose partner did not say it."""

import pytest

from libs.events.report import Origin, Section
from libs.language.detection import LanguageDetector
from services.ingest.report_language import SURE, report_language

DETECTOR = LanguageDetector(wide=True)
SOURCE = "/documents/0"
SWEDISH = (
    "Vi sökte upp unga som varken arbetade eller studerade, och gick från dörr till dörr i byarna. "
    "Efter ett halvår hade hälften av dem kommit i gång med något. "
)
ENGLISH = (
    "We looked for young people who neither worked nor studied, and went from door to door in the "
    "villages. After six months half of them had started something. "
)
FRENCH = (
    "Le projet a réuni des jeunes sans emploi et des bénévoles de la commune. Nous avons organisé "
    "des ateliers chaque semaine et les participants ont appris à travailler ensemble. "
)
ICELANDIC = (
    "Verkefnið leiddi saman ungt fólk án atvinnu og sjálfboðaliða úr sveitarfélaginu. Við héldum "
    "vinnustofur í hverri viku og þátttakendur lærðu að vinna saman. "
)
NYNORSK = (
    "Prosjektet samla unge utan arbeid og frivillige frå kommunen. Vi heldt verkstader kvar veke, "
    "og deltakarane lærte å arbeide saman om kvardagen i bygda. "
)
SAMI = (
    "Prošeakta čohkkii nuoraid geain ii lean bargu ja eaktodáhtolaččaid suohkanis. Mii lágideimmet "
    "bargobájiid juohke vahkku. "
)


def language(text: str, declared: str | None = None) -> tuple[str, str] | None:
    """The language that was found, and how."""
    found = report_language([Section(text=text)], declared, SOURCE, DETECTOR)
    if found is None:
        return None
    tag, provenance = found
    assert provenance.source == SOURCE
    assert (provenance.confidence is None) == (provenance.origin is Origin.EXTRACTED)
    return tag, provenance.origin.value


def test_a_text_tells_its_language_and_how_sure_that_is() -> None:
    sections = [Section(text=SWEDISH), Section(text=SWEDISH * 20)]
    found = report_language(sections, None, SOURCE, DETECTOR)
    assert found
    assert found[0] == "sv"
    assert SURE <= (found[1].confidence or 0) <= 1


@pytest.mark.parametrize(
    "text", ["", "12 345 67", "Ok", FRENCH, ICELANDIC, SAMI, "Проект объединил"]
)
def test_what_is_not_certain_stays_empty(text: str) -> None:
    assert language(text) is None


def test_a_text_half_and_half_has_no_one_language() -> None:
    assert language(SWEDISH * 10 + ENGLISH * 10) is None
    assert language(SWEDISH * 30 + ENGLISH) == ("sv", "inferred")


def test_nynorsk_is_not_called_bokmal() -> None:
    assert language(NYNORSK * 3) == ("nn", "inferred")


@pytest.mark.parametrize("declared", ["sv", "sv-SE", "SV_se", " sv ", "swe"])
def test_what_a_document_declares_is_taken(declared: str) -> None:
    assert language(SWEDISH, declared) == ("sv", "extracted")


@pytest.mark.parametrize(
    "declared", ["Svenska", "x-default", "", "sv;q=1", "und", "mul", "s", "\u017fv", "sv\x00"]
)
def test_what_is_no_language_tag_declares_nothing(declared: str) -> None:
    assert language(SWEDISH * 3, declared) == ("sv", "inferred")
    assert language("12 345", declared) is None


def test_a_declaration_that_the_text_contradicts_is_not_believed() -> None:
    assert language(SWEDISH * 3, "en-US") == ("sv", "inferred")
    assert language(FRENCH * 3, "en") is None


def test_a_declaration_that_the_text_cannot_contradict_is_believed() -> None:
    assert language("12 345", "fi") == ("fi", "extracted")
    assert language(SAMI * 3, "se") == ("se", "extracted")
    assert language("12 345", "no") == ("nb", "extracted")
