"""Cutting: verbatim, complete, never too long."""

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from libs.events.report import NormalisedReport, Section
from services.embed.passages import cut, fitting

LIMIT = 12


def words(texts: Sequence[str]) -> list[int]:
    return [max(len(text.split()), len(text) // 40) for text in texts]


def report(*sections: Section) -> NormalisedReport:
    return NormalisedReport(title="Projektet", sections=sections)


TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("aåäöęļ .!?\n\t“”"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=600,
)


@given(st.lists(TEXT, min_size=1, max_size=3))
def test_passages_are_verbatim_and_whole(texts: list[str]) -> None:
    made = report(*(Section(text=text) for text in texts))
    passages = cut(made, words, LIMIT)
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    for number, section in enumerate(made.sections):
        spans = [passage for passage in passages if passage.section == number]
        assert all(section.text[p.start : p.end] == p.text for p in spans)
        assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
        covered = "".join(p.text for p in spans)
        if spans or any(character.isalnum() for character in section.text):
            assert "".join(covered.split()) == "".join(section.text.split())


@given(TEXT)
def test_no_passage_is_over_the_limit(text: str) -> None:
    passages = cut(report(Section(text=text)), words, LIMIT)
    assert all(words([passage.text])[0] <= LIMIT for passage in passages)


def test_short_paragraphs_stay_together_and_long_ones_end_at_sentences() -> None:
    text = (
        "Kort rad.\nEn till.\n"
        "Vi ringde 31. oktober till alla som bor långt bort från byn. "
        "Ingen svarade den första gången, men t.ex. Åsa ringde upp igen."
    )
    passages = cut(report(Section(text=text)), words, LIMIT)
    assert [passage.text for passage in passages] == [
        "Kort rad.\nEn till.",
        "Vi ringde 31. oktober till alla som bor långt bort från byn.",
        "Ingen svarade den första gången, men t.ex. Åsa ringde upp igen.",
    ]


def test_what_is_embedded_says_what_it_is_about() -> None:
    (passage,) = cut(report(Section(heading="Resultat", text="41 av 74.")), words, LIMIT)
    assert passage.embedded == "Projektet\nResultat\n41 av 74."
    assert passage.text == "41 av 74."


def test_a_text_without_spaces_is_cut_too() -> None:
    passages = cut(report(Section(text="x" * 5_000)), words, LIMIT)
    assert "".join(passage.text for passage in passages) == "x" * 5_000


@given(st.text(max_size=1_000), st.text(max_size=1_000))
def test_title_and_heading_never_push_the_passage_out(title: str, heading: str) -> None:
    made = NormalisedReport.model_construct(
        title=title,
        sections=(Section.model_construct(text="41 av 74.", heading=heading, kind=None),),
    )
    (passage,) = cut(made, characters, LIMIT)
    context = passage.embedded.removesuffix("41 av 74.")
    assert characters([context])[0] <= 64 + 2


def characters(texts: Sequence[str]) -> list[int]:
    """The worst of tokenizers for a line: four characters are a token, and each line break."""
    return [-(-len(text) // 4) for text in texts]


def test_a_long_title_keeps_its_beginning() -> None:
    made = NormalisedReport(
        title="Hela byn bygger ett hus " * 40, sections=(Section(text="41 av 74.", heading="R"),)
    )
    (passage,) = cut(made, words, LIMIT)
    title, heading, text = passage.embedded.split("\n")
    assert made.title.startswith(title)
    assert 20 <= words([title])[0] <= 40
    assert (heading, text) == ("R", "41 av 74.")


def test_a_passage_is_no_longer_than_the_model_reads_behind_its_title() -> None:
    assert fitting(160, 512) == 160
    assert fitting(160, 128) == 32
    assert fitting(400, 64) == 16


def test_rows_of_a_table_are_embedded_behind_its_first() -> None:
    rows = [f"Kommun {n} | {n} deltagare | {n} procent i arbete efteråt" for n in range(12)]
    text = "\n".join(["Så gick det.", "Kommun | Deltagare | I arbete", *rows, "", "Vi är nöjda."])
    passages = cut(report(Section(text=text)), words, LIMIT)
    first, *others, last = (passage.embedded for passage in passages)
    assert first.count("Kommun | Deltagare") == 1
    assert others
    assert all("\nKommun | Deltagare | I arbete\nKommun " in each for each in others)
    assert "Vi är nöjda." in last
    assert all(passage.text in text for passage in passages)


def test_a_table_of_one_long_row_has_no_first_row_to_repeat() -> None:
    text = "Kommun | " + "deltagare kom till mötesplatsen " * 30
    passages = cut(report(Section(text=text.strip())), words, LIMIT)
    assert len(passages) > 2
    assert all(
        passage.embedded.count("Kommun") == ("Kommun" in passage.text) for passage in passages
    )


def test_a_long_first_row_is_not_read_again_for_each_row_below_it() -> None:
    read = 0

    def counting(texts: Sequence[str]) -> list[int]:
        nonlocal read
        read += sum(map(len, texts))
        return words(texts)

    rows = [f"Kommun {n} | {n} deltagare i sju grupper" for n in range(2_000)]
    text = "\n".join([" | ".join(["spalt"] * 10_000), *rows])
    assert len(cut(report(Section(text=text)), counting, LIMIT)) > 2_000
    assert read < 10 * len(text)
