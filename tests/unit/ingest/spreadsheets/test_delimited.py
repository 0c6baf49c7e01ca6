"""CSV in the encodings and with the separators that authorities use."""

import pytest

from libs.errors import InvalidInput, TooLarge
from services.ingest.spreadsheets import grid
from services.ingest.spreadsheets.reading import read_grid

SWEDISH = [["Namn", "Belopp", "Beskrivning"], ["Öppna dörrar", "1 000,50", "Åtgärder för ålder"]]
TEXTS = {
    "cp1252": SWEDISH,
    "utf-8": [["Nimi", "Kuvaus"], ["Kylätupa", "Ääni kuuluu, ja se riittää"]],
    "utf-8-sig": [["Pavadinimas", "Aprašymas"], ["Ąžuolas", "Šviesa ir žodžiai"]],
    "utf-16": [["Nosaukums", "Apraksts"], ["Ēka", "Ģimenes un ķēdes"]],
    "cp1257": [["Nosaukums", "Apraksts"], ["Ēka", "Ģimeņu māja, kā jau šeit"]],
    "cp1250": [["Nazwa", "Opis"], ["Świetlica", "Gęśla jaźń i żółć są tu"]],
}


@pytest.mark.parametrize("encoding", TEXTS)
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_encoding_and_separator_are_found(encoding: str, separator: str) -> None:
    rows = TEXTS[encoding]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    found = read_grid(text.encode(encoding))
    assert found.rows == rows
    assert found.separator == separator
    assert found.encoding == encoding


def test_english_with_signs_alone_is_no_polish() -> None:
    found = read_grid("Name;Text\nA;It’s £5 – or “more”\n".encode("cp1252"))
    assert (found.rows[1][1], found.encoding) == ("It’s £5 – or “more”", "cp1252")


def test_the_separator_is_not_the_one_within_texts() -> None:
    content = 'Namn;Text\n"A";"Ett, två, tre"\n"B";"Fyra, fem, sex"\n'
    assert read_grid(content.encode()).separator == ";"


def test_a_cell_may_go_over_several_lines() -> None:
    found = read_grid(b'Namn,Text\r\nA,"En rad\r\nen till, och ""citat"""\r\n')
    assert found.rows[1] == ["A", 'En rad\nen till, och "citat"']


def test_excel_s_hint_is_taken_and_is_no_row() -> None:
    found = read_grid(b"sep=|\r\nNamn|Text\r\nA, B|C, D\r\n")
    assert found.separator == "|"
    assert found.rows[1:] == [["Namn", "Text"], ["A, B", "C, D"]]


def test_windows_characters_that_went_wrong_are_mended() -> None:
    assert read_grid("Namn;År\nA;2014 \x96 2020\n".encode()).rows[1][1] == "2014 – 2020"


def test_one_column_is_a_table_too() -> None:
    assert read_grid(b"Namn\nA\nB\n").rows == [["Namn"], ["A"], ["B"]]


@pytest.mark.parametrize(
    "content",
    [b'Namn,Text\nA,"' + b"x" * 200_000, b"\xff\xfea", b"\xff\xfe\x00\xd8\x00\xd8"],
    ids=["open-quote", "half-a-character", "surrogates"],
)
def test_what_cannot_be_read_is_told(content: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_grid(content)
    assert caught.value.code == "unreadable-document"


@pytest.mark.parametrize(
    "content",
    [
        b"a;b\n" * (grid.MAX_ROWS + 1),
        b";" * (grid.MAX_COLUMNS + 1),
        (b";" * 900 + b"\n") * 1_200,
    ],
    ids=["rows", "columns", "cells"],
)
def test_a_table_over_the_limits_is_refused(content: bytes) -> None:
    with pytest.raises(TooLarge):
        read_grid(content)
