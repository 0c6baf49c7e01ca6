"""XLSX, ODS and old Excel files: honest ones are read, the others refused and nothing falls."""

import io
import random
import struct
import zipfile
from pathlib import Path

import pytest

from libs.errors import InvalidInput, TooLarge, UnsupportedFormat
from services.ingest.spreadsheets.apart import read_apart
from services.ingest.spreadsheets.unpacking import check_archive
from tests.unit.ingest.spreadsheets.workbooks import ods, ods_row, packed, xlsx, xlsx_rows

OLD = Path(__file__).with_name("projects.xls").read_bytes()
ROWS = xlsx_rows(("Namn", "Belopp"), ("Öppna dörrar", 12.5))


def test_an_xlsx_is_read_where_it_begins() -> None:
    found = read_apart(xlsx({"Blad 1": xlsx_rows(("Namn", "Belopp"), ("Öppna", 12.5), top=7)}))
    assert found.rows == [["Namn", "Belopp"], ["Öppna", 12.5]]
    assert (found.format, found.first_row, found.first_column) == ("xlsx", 7, 1)


def test_the_largest_sheet_is_taken_or_the_one_asked_for() -> None:
    content = xlsx({"Om": xlsx_rows(("Om listan",)), "Data": ROWS})
    assert read_apart(content).sheet == "Data"
    assert read_apart(content).sheets == ("Om", "Data")
    assert read_apart(content, "Om").rows == [["Om listan"]]
    with pytest.raises(InvalidInput) as caught:
        read_apart(content, "Annat")
    assert caught.value.errors[0].pointer == "/sheet"
    assert "Om, Data" in caught.value.detail


def test_an_old_excel_file_is_read_with_its_days() -> None:
    found = read_apart(OLD)
    assert found.rows[1] == ["Dorfladen", "2020-03-01", 12_000.5, "Ein Laden für alle."]


def test_an_ods_is_read() -> None:
    found = read_apart(ods(ods_row("Namn", "Text") + ods_row("A", "B")))
    assert found.rows == [["Namn", "Text"], ["A", "B"]]


def test_empty_rows_that_an_ods_repeats_to_its_end_are_no_rows() -> None:
    empty = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell '
    empty += 'table:number-columns-repeated="16384"/></table:table-row>'
    assert len(read_apart(ods(ods_row("A") + ods_row("B") + empty)).rows) == 2


FAR = {
    "corner": xlsx({"S": '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'}),
    "far-row": xlsx({"S": '<row r="1048576">' + "<c><v>1</v></c>" * 9 + "</row>"}),
    "bracket": xlsx({"S": '<row><c x=">" r="XFD1048576"><v>1</v></c></row>'}),
    "texts": xlsx({"S": xlsx_rows(*[("x" * 32_000,)] * 4_000)}),
    "one-text-often": xlsx({"S": '<row><c t="s"><v>0</v></c></row>' * 4_000}, ("x" * 32_000,)),
    "repeated": ods(ods_row("x", repeated=1_000_000) + ods_row(*"xxxxxxxx")),
}


@pytest.mark.parametrize("name", FAR)
def test_a_sheet_that_would_take_all_memory_is_refused(name: str) -> None:
    with pytest.raises(TooLarge):
        check_archive(FAR[name])


def test_a_bomb_is_refused_whatever_size_it_claims() -> None:
    bomb = packed({"xl/workbook.xml": "0" * 310_000_000})
    with pytest.raises(TooLarge):
        read_apart(bomb)
    place = bomb.index(b"PK\x01\x02") + 24
    lying = bomb[:place] + struct.pack("<I", 100) + bomb[place + 4 :]
    with pytest.raises(TooLarge):
        read_apart(lying)


def test_parts_beyond_number_are_refused() -> None:
    parts = {"xl/workbook.xml": ""} | {f"{number}": "" for number in range(2_001)}
    with pytest.raises(TooLarge):
        read_apart(packed(parts))


def test_entities_do_not_expand() -> None:
    content = xlsx({"S": ROWS})
    laughs = '<!DOCTYPE w [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts["xl/worksheets/s1.xml"] = laughs + "]><w><c><v>&j;</v></c></w>"
    with pytest.raises(InvalidInput):
        read_apart(packed(parts))


@pytest.mark.parametrize("length", [10, 200, 900])
def test_a_file_that_was_cut_is_damaged(length: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_apart(xlsx({"S": ROWS})[:length])
    assert caught.value.code == "unreadable-document"


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"\x00\x01", packed({"word/document.xml": ""})])
def test_what_is_no_table_is_told(content: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        read_apart(content)


def test_damaged_old_files_bring_nothing_down() -> None:
    rng = random.Random(7)  # noqa: S311 - to repeat the same damage
    outcomes = set()
    for _ in range(12):
        content = bytearray(OLD)
        for _ in range(8):
            content[rng.randrange(len(content))] = rng.randrange(256)
        try:
            read_apart(bytes(content))
            outcomes.add("read")
        except InvalidInput as error:
            outcomes.add(error.code)
    assert outcomes <= {"read", "unreadable-document", "too-large", "unsupported-format", "no-text"}
    assert "unreadable-document" in outcomes
