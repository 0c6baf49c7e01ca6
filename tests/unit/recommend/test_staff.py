"""How many full-time positions a text says, or that it does not say it for certain.

Written for this test, after the rules were, in ten languages; the demonstration corpus's own lines
are among those that the rules were written with.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recommend.staff import full_time
from services.recommend.staff_words import WORDS

READ = [
    ("en", "Two full-time outreach workers and a half-time team leader", 2.5),
    ("en", "1.5 FTE", 1.5),
    ("en", "One social worker at 60%", 0.6),
    ("en", "One full-time project manager for the whole county", 1),
    ("en", "A half-time librarian, ten volunteers", 0.5),
    ("sv", "Tre socialsekreterare på heltid", 3),
    ("sv", "En projektledare på 80 procent och en ekonom på 20 procent", 1),
    ("sv", "En halvtidsanställd samordnare", 0.5),
    ("sv", "1,5 tjänst", 1.5),
    ("sv", "En busschaufför på heltid, en samordnare på 25 %", 1.25),
    ("da", "En projektleder på fuld tid", 1),
    ("da", "2,5 stillinger", 2.5),
    ("da", "To sygeplejersker på halv tid", 1),
    ("da", "En sagsbehandler i 60 procent stilling", 0.6),
    ("da", "Frivillige og en koordinator på fuld tid", 1),
    ("nb", "En prosjektleder i 50 prosent stilling", 0.5),
    ("nb", "Tre miljøarbeidere i full stilling", 3),
    ("nb", "1,2 stillinger", 1.2),
    ("nb", "Én full stilling og 15 frivillige", 1),
    ("fi", "Yksi projektipäällikkö puolella työajalla", 0.5),
    ("fi", "Koordinaattori 50 prosentin työajalla ja viisi vapaaehtoista", 0.5),
    ("et", "Kaks täiskohaga noorsootöötajat", 2),
    ("et", "Üks projektijuht poole kohaga", 0.5),
    ("et", "Koordinaator täiskohaga ja kümme vabatahtlikku", 1),
    ("et", "Üks õpetaja veerandkohaga", 0.25),
    ("lv", "Divi sociālie darbinieki uz pilnu slodzi", 2),
    ("lv", "Viena koordinatore uz pusslodzi", 0.5),
    ("lv", "Trīs mentori uz pilnu slodzi un viena psiholoģe uz pusslodzi", 3.5),
    ("lt", "Du socialiniai darbuotojai visu etatu", 2),
    ("lt", "Koordinatorė puse etato", 0.5),
    ("pl", "Dwie pracownice socjalne na pełny etat", 2),
    ("pl", "Trzech trenerów na pół etatu", 1.5),
    ("de", "Zwei Sozialarbeiterinnen in Vollzeit", 2),
    ("de", "Eine halbe Stelle", 0.5),
    ("de", "1,5 Vollzeitstellen", 1.5),
    ("de", "Eine Koordinatorin zu 75 Prozent", 0.75),
]
UNSURE = [
    ("en", "A nurse and a driver"),
    ("en", "Three part-time youth workers"),
    ("en", "About two full-time coaches"),
    ("en", "At least four full-time counsellors"),
    ("en", "One full-time coach for every 20 participants"),
    ("en", "Half a position"),
    ("sv", "Två fritidsledare, timanställda"),
    ("sv", "Heltidsanställd projektledare"),
    ("sv", "En kurator på halvtid per skola"),
    ("sv", "Fyra lärare på heltid under två år"),
    ("sv", "Cirka 2 heltidstjänster"),
    ("da", "En mentor på halv tid for hver femten borgere"),
    ("da", "En leder samt to medarbejdere"),
    ("nb", "En helsesykepleier i 40 prosent stilling per skole"),
    ("nb", "To lærere og en assistent"),
    ("fi", "Yksi sosiaaliohjaaja"),
    ("fi", "Noin kaksi kokopäiväistä työntekijää"),
    ("et", "Sotsiaaltöötaja igas vallas"),
    ("lv", "Projekta vadītājs un grāmatvedis"),
    ("lt", "Viena psichologė puse etato kiekvienoje mokykloje"),
    ("lt", "Trys mokytojai"),
    ("pl", "Kierowca na etat i wolontariusze"),
    ("pl", "Jeden opiekun na każdą grupę"),
    ("de", "Ein Hausmeister und zwei Ehrenamtliche"),
    ("de", "Bis zu drei Stellen"),
    ("de", "Eine Fachkraft in Vollzeit für je 30 Haushalte"),
]


@pytest.mark.parametrize(("language", "text", "positions"), READ)
def test_what_is_said_for_certain_is_read(language: str, text: str, positions: float) -> None:
    assert full_time(text, language) == positions


@pytest.mark.parametrize(("language", "text"), UNSURE)
def test_what_is_not_certain_is_left(language: str, text: str) -> None:
    assert full_time(text, language) is None


@pytest.mark.parametrize("language", ["", "fr", "xx"])
def test_a_language_that_is_not_known_is_not_read(language: str) -> None:
    assert full_time("En samordnare på halvtid", language) is None


def test_no_more_than_a_whole_position_each() -> None:
    assert full_time("En samordnare på 150 procent", "sv") is None
    assert full_time("En samordnare på 0 procent", "sv") is None


@given(st.text(max_size=400), st.sampled_from(sorted(WORDS)))
def test_any_text_is_read_or_left(text: str, language: str) -> None:
    positions = full_time(text, language)
    assert positions is None or positions > 0
