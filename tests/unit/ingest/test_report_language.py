"""The language of a report whose partner did not say it."""

import pytest

from libs.events.report import Origin, Section
from libs.language.detection import LanguageDetector
from services.ingest.report_language import SURE, report_language

DETECTOR = LanguageDetector(wide=True)
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


def language(*texts: str, declared: tuple[str | None, ...] = ()) -> tuple[str, str] | None:
    """The language that was found, and how."""
    found = report_language([Section(text=text) for text in texts], declared, DETECTOR)
    return (found[0], found[1].origin.value) if found else None


def test_a_text_tells_its_language_and_how_sure_that_is() -> None:
    found = report_language([Section(text=SWEDISH * 20)], (), DETECTOR)
    assert found
    tag, provenance = found
    assert (tag, provenance.origin, provenance.source) == (
        "sv",
        Origin.INFERRED,
        "/report/sections",
    )
    assert SURE <= (provenance.confidence or 0) <= 1


@pytest.mark.parametrize(
    "text", ["", "12 345 67", "Ok", FRENCH, ICELANDIC, SAMI, "Проект объединил"]
)
def test_what_is_not_certain_stays_empty(text: str) -> None:
    assert language(text) is None


def test_a_text_half_and_half_has_no_one_language() -> None:
    assert language(SWEDISH * 10, ENGLISH * 10) is None
    assert language(SWEDISH * 30, ENGLISH) == ("sv", "inferred")


def test_nynorsk_is_not_called_bokmal() -> None:
    assert language(NYNORSK * 3) == ("nn", "inferred")


@pytest.mark.parametrize(
    ("declared", "tag"),
    [("sv", "sv"), ("sv-SE", "sv"), ("SV_se", "sv"), (" sv ", "sv"), ("swe", "sv")],
)
def test_what_a_document_declares_is_taken(declared: str, tag: str) -> None:
    found = report_language([Section(text=SWEDISH)], (None, declared), DETECTOR)
    assert found
    assert (found[0], found[1].origin, found[1].confidence) == (tag, Origin.EXTRACTED, None)
    assert found[1].source == "/documents/1"


@pytest.mark.parametrize(
    "declared", ["Svenska", "x-default", "", "sv;q=1", "und", "mul", "s", "\u017fv", "sv\x00"]
)
def test_what_is_no_language_tag_declares_nothing(declared: str) -> None:
    assert language(SWEDISH * 3, declared=(declared,)) == ("sv", "inferred")
    assert language("12 345", declared=(declared,)) is None


def test_a_declaration_that_the_text_contradicts_is_not_believed() -> None:
    assert language(SWEDISH * 3, declared=("en-US",)) == ("sv", "inferred")
    assert language(FRENCH * 3, declared=("en",)) is None


def test_a_declaration_that_the_text_cannot_contradict_is_believed() -> None:
    assert language("12 345", declared=("fi",)) == ("fi", "extracted")
    assert language(SAMI * 3, declared=("se",)) == ("se", "extracted")
    assert language("12 345", declared=("no",)) == ("nb", "extracted")


def test_documents_that_declare_different_languages_declare_none() -> None:
    assert language("12 345", declared=("sv", "fi")) is None
    assert language(SWEDISH * 9, declared=("sv", "en")) == ("sv", "inferred")
    assert language("12 345", declared=("sv", None, "sv-FI")) == ("sv", "extracted")
