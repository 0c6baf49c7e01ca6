"""What rules find in a text, cited verbatim."""

import pytest

from libs.events.labels import Label, LabelKind
from libs.events.report import NormalisedReport, Section, SectionKind
from services.embed.passages import cut
from services.embed.sorting.cited import cited

STEPS = {
    "sv": ("Så gick det till, steg för steg", "Ring på", "Drick kaffe", "Kom igen"),
    "fi": ("Näin toimimme", "Soita", "Juo kahvia", "Tule takaisin"),
    "et": ("Kuidas me tegutsesime", "Helista", "Joo kohvi", "Tule tagasi"),
    "lv": ("Darbības soļi", "Zvani", "Dzer kafiju", "Atgriezies"),
    "lt": ("Kaip dirbome", "Skambink", "Gerk kavą", "Sugrįžk"),
    "pl": ("Metoda krok po kroku", "Zadzwoń", "Wypij kawę", "Wróć"),
    "de": ("Vorgehen Schritt für Schritt", "Klingeln", "Kaffee trinken", "Wiederkommen"),
    "da": ("De første skridt", "Ring på", "Drik kaffe", "Kom igen"),
    "nb": ("Metoden trinn for trinn", "Ring på", "Drikk kaffe", "Kom igjen"),
    "en": ("The method, step by step", "Ring the bell", "Have coffee", "Come back"),
}


def count_words(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def labels(*sections: Section, language: str = "sv") -> list[Label]:
    report = NormalisedReport(title="Titel", language=language, sections=sections)
    passages = cut(report, count_words, 40)  # type: ignore[arg-type] # lists are what it is given
    found = cited(report, passages, [])
    for label in found:
        assert label.span
        words = sections[label.span.section].text[label.span.start : label.span.end]
        assert label.value == words or label.kind is LabelKind.EVIDENCE
        assert label.passages
        assert set(label.passages) <= {passage.ordinal for passage in passages}
    return found


def of(kind: LabelKind, found: list[Label]) -> list[str]:
    return [label.value for label in found if label.kind is kind]


@pytest.mark.parametrize("language", STEPS)
@pytest.mark.parametrize("mark", ["1. {}\n2. {}\n3. {}", "1) {}\n2) {}\n3) {}", "• {}\n• {}\n• {}"])
def test_a_list_below_a_heading_of_steps_is_the_steps(language: str, mark: str) -> None:
    heading, *steps = STEPS[language]
    section = Section(heading=heading, text="Inledning.\n\n" + mark.format(*steps))
    assert of(LabelKind.STEP, labels(section, language=language)) == steps


def test_bullets_elsewhere_are_no_steps() -> None:
    assert labels(Section(heading="Deltagare", text="- Elever\n- Lärare\n- Föräldrar")) == []


def test_a_list_of_lessons_is_no_steps() -> None:
    lessons = Section(kind=SectionKind.LESSONS, text="1. Tänk\n2. Fråga\n3. Vänta")
    assert labels(lessons) == []


def test_a_list_that_a_page_cut_goes_on() -> None:
    heading = "Steg för steg"
    first = Section(heading=heading, text="1. Ett\n2. Två\n3. Tre", page=1)
    second = Section(heading=heading, text="4. Fyra", page=2)
    assert of(LabelKind.STEP, labels(first, second)) == ["Ett", "Två", "Tre", "Fyra"]


def test_a_method_is_named_where_the_text_says_so() -> None:
    text = "Metod: Grannfamilj i tolv månader\nVi parade ihop hushåll."
    assert of(LabelKind.METHOD, labels(Section(text=text))) == ["Grannfamilj i tolv månader"]


def test_indicators_are_read_from_results_only() -> None:
    text = "Andelen steg till 17,8 % på två år."
    results = labels(Section(text=text, kind=SectionKind.RESULTS))
    assert of(LabelKind.INDICATOR, results) == [text]
    (indicator,) = [label for label in results if label.kind is LabelKind.INDICATOR]
    assert (indicator.number, indicator.unit) == (17.8, "%")
    assert of(LabelKind.EVIDENCE, results) == ["counted"]
    assert labels(Section(text=text, kind=SectionKind.CHALLENGE)) == []


@pytest.mark.parametrize(
    "quoted",
    ["”{}”", "“{}”", "„{}”", "„{}“", "«{}»", "»{}«", '"{}"'],
)
def test_a_quotation_is_what_is_between_the_marks(quoted: str) -> None:
    said = "Jag gick inte ut första gången, men veckan efter kom hon igen."
    text = f"Han berättade: {quoted.format(said)} Det var i mars."
    assert of(LabelKind.QUOTATION, labels(Section(text=text))) == [said]


def test_what_is_between_two_quotations_is_none() -> None:
    text = "”Nej.” En pappa som bor i Västerås sedan tre år sade så här om det: ”Ja.”"
    assert labels(Section(text=text)) == []


def test_a_word_between_marks_is_no_quotation() -> None:
    assert labels(Section(text="De kallade det ”nya vägen” i projektet.")) == []


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Resultaten jämfördes med en kontrollgrupp i Boden.", ["comparison-group"]),
        ("Det fanns ingen kontrollgrupp.", []),
        ("Die Vergleichsgruppe hatte 40 Personen.", ["comparison-group"]),
        ("We measured before and after the course.", ["before-and-after"]),
        ("Alla var nöjda.", []),
        ("En extern utvärderare såg att fler kom tillbaka.", ["external-evaluation"]),
        ("En extern utvärdering kommer att göras nästa år.", []),
        ("Ulkopuolinen arviointi tehtiin vuonna 2021.", ["external-evaluation"]),
        ("Välishindamine näitas head tulemust.", ["external-evaluation"]),
        ("Neatkarīgs izvērtējums apstiprināja rezultātu.", ["external-evaluation"]),
        ("Nepriklausomas vertinimas patvirtino rezultatą.", ["external-evaluation"]),
        ("Ewaluacja zewnętrzna potwierdziła wynik.", ["external-evaluation"]),
        ("Eine unabhängige Evaluation bestätigte das.", ["external-evaluation"]),
        ("En ekstern evaluering viste det samme.", ["external-evaluation"]),
        ("En uavhengig evaluering viste det samme.", ["external-evaluation"]),
        ("An independent evaluation found the same.", ["external-evaluation"]),
        ("The method was repeated in two other towns.", ["repeated-elsewhere"]),
        ("The method could be repeated in other towns.", []),
        ("Metoden har införts i flera kommuner.", ["repeated-elsewhere"]),
        ("Malli on otettu käyttöön muissa kunnissa.", ["repeated-elsewhere"]),
        ("Meetodit kasutatakse teistes valdades.", ["repeated-elsewhere"]),
        ("Metode ieviesta citās pašvaldībās.", ["repeated-elsewhere"]),
        ("Metodas įdiegtas kitose savivaldybėse.", ["repeated-elsewhere"]),
        ("Metoda została powtórzona w innych gminach.", ["repeated-elsewhere"]),
        ("Das Modell wurde in anderen Gemeinden übernommen.", ["repeated-elsewhere"]),
        ("Metoden er indført i andre kommuner.", ["repeated-elsewhere"]),
        ("Metoden er tatt i bruk i flere kommuner.", ["repeated-elsewhere"]),
        (
            "En kontrollgrupp följdes. Metoden har spridits till andra kommuner.",
            ["repeated-elsewhere", "comparison-group"],
        ),
    ],
)
def test_a_level_tells_how_results_were_seen(text: str, level: list[str]) -> None:
    assert of(LabelKind.EVIDENCE, labels(Section(text=text))) == level


@pytest.mark.parametrize(
    "text",
    ["\x00", "a\x00b", "🙂" * 500, "ᚠᚢᚦ " * 200, "1. \n2. \n3. ", '"' * 2_000, "9" * 5_000],
)
def test_odd_texts_have_no_labels_and_do_no_harm(text: str) -> None:
    section = Section.model_construct(text=text, heading=None, kind=None, page=None, document=None)
    report = NormalisedReport.model_construct(title="T", language=None, sections=(section,))
    assert cited(report, [], []) == []
