"""What is taken out of a question before it is kept, and what is left in."""

import pytest

from services.recommend.unmet.stripping import without_persons


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("Skriv till anna.berg@umea.se, tack", "Skriv till [e-mail], tack"),
        ("Ring +46 (0)70-123 45 67 eller 0701234567.", "Ring [number] eller [number]."),
        ("19900101-1234 och 900101+1234", "[number] och [number]"),
        ("hetu 131052-308T tai 131052A308T", "hetu [number] tai [number]"),
        ("isikukood 38001085718, PESEL 44051401359", "isikukood [number], PESEL [number]"),
        ("se https://example.org/anna", "se [link]"),
        ("Jag heter Anna-Karin Öberg och vi söker", "Jag heter [name] och vi söker"),
        ("Nazywam się Łucja Żak. Szukamy", "Nazywam się [name]. Szukamy"),
        ("mani sauc Ēriks Bērziņš", "mani sauc [name]"),
        ("Mein Name ist Öztürk", "Mein Name ist [name]"),
    ],
)
def test_what_tells_a_person_goes(asked: str, kept: str) -> None:
    assert without_persons(asked) == kept


@pytest.mark.parametrize(
    "asked",
    [
        "Unga 16-24 som varken arbetar eller studerar",
        "Projekt 2014-2020 med 1 500 deltagare i 12 kommuner",
        "Vad heter metoden i Umeå?",
        "Budget 250 000 kr, 3,5 % om året",
    ],
)
def test_what_does_not_stays(asked: str) -> None:
    assert without_persons(asked) == asked


@pytest.mark.parametrize(
    "text", ["1-" * 100_000, "a@" * 100_000, "1 " * 100_000, "jag heter A " * 9_999]
)
def test_no_text_takes_long(text: str) -> None:
    without_persons(text[:5_000])
