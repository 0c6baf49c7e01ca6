"""The heads as they are shipped, on the model that they are made for, in ten languages."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.events.labels import Label, LabelKind
from libs.events.report import NormalisedReport, Section
from libs.language.detection import LanguageDetector
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.passage_languages import passage_languages
from services.embed.passages import cut
from services.embed.sorting.cited import cited
from services.embed.sorting.heads import load_heads
from services.embed.sorting.sorter import Sorter

# One report in short, written for this test. Bicycles and second-hand goods, in ten languages.
REPAIR = {
    "sv": "Verkstaden reparerar och säljer begagnade saker i stället för att de blir avfall. "
    "Återbruk och återvinning minskar mängden avfall på tippen.",
    "fi": "Korjaamo kunnostaa ja myy käytettyä tavaraa, jottei siitä tule jätettä. "
    "Kierrätys ja uudelleenkäyttö vähentävät jätteen määrää kaatopaikalla.",
    "et": "Töökoda parandab ja müüb kasutatud asju, et neist ei saaks jäätmeid. "
    "Taaskasutus ja ringmajandus vähendavad jäätmete hulka prügilas.",
    "lv": "Darbnīca remontē un pārdod lietotas lietas, lai tās nekļūtu par atkritumiem. "
    "Pārstrāde un aprites ekonomika samazina atkritumu daudzumu poligonā.",
    "lt": "Dirbtuvės taiso ir parduoda naudotus daiktus, kad jie netaptų atliekomis. "
    "Perdirbimas ir žiedinė ekonomika mažina atliekų kiekį sąvartyne.",
    "pl": "Warsztat naprawia i sprzedaje używane rzeczy, żeby nie stały się odpadami. "
    "Recykling i gospodarka o obiegu zamkniętym zmniejszają ilość odpadów.",
    "de": "Die Werkstatt repariert und verkauft gebrauchte Dinge, damit sie nicht Abfall werden. "
    "Recycling und Kreislaufwirtschaft verringern die Menge an Abfall.",
    "da": "Værkstedet reparerer og sælger brugte ting, så de ikke bliver til affald. "
    "Genbrug og cirkulær økonomi mindsker mængden af affald på pladsen.",
    "nb": "Verkstedet reparerer og selger brukte ting, så de ikke blir avfall. "
    "Ombruk, gjenvinning og sirkulær økonomi gir mindre avfall på fyllinga.",
    "en": "The workshop repairs and sells second-hand goods so that they do not become waste. "
    "Reuse, recycling and a circular economy reduce the amount of waste.",
}


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CorrectedEmbedder]:
    folder = os.environ.get("NAVIGATOR_TEST_MODEL_DIR")
    raw = OpenVinoEmbedder(
        prepare_model(Path(folder) if folder else tmp_path_factory.mktemp("model"))
    )
    embedder = CorrectedEmbedder(raw, LanguageCorrection.load(raw.model), LanguageDetector())
    yield embedder
    embedder.close()


def labels(embedder: CorrectedEmbedder, *texts: str) -> list[Label]:
    report = NormalisedReport(title="1", sections=tuple(Section(text=text) for text in texts))
    passages = cut(report, embedder.count_tokens, 160)
    vectors = embedder.embed_passages([passage.embedded for passage in passages])
    languages = passage_languages(report, passages, LanguageDetector())
    heads = load_heads(embedder.model)
    assert heads, "the heads are of another model: run python -m quality.sorting_heads"
    found = Sorter(heads).sort(passages, vectors, [each.tag for each in languages])
    every = [*found.labels, *cited(report, passages, found.labels)]
    for label in every:
        assert label.passages
        assert set(label.passages) <= {passage.ordinal for passage in passages}
        if label.span:
            text = report.sections[label.span.section].text
            assert label.kind is LabelKind.EVIDENCE or (
                text[label.span.start : label.span.end] == label.value
            )
    return every


@pytest.mark.parametrize("language", REPAIR)
def test_what_it_is_about_is_told_in_ten_languages(
    embedder: CorrectedEmbedder, language: str
) -> None:
    found = {(label.kind, label.value) for label in labels(embedder, REPAIR[language])}
    assert (LabelKind.SDG, "12") in found or (LabelKind.THEME, "circular-economy") in found
    wrong = {each for each in found if each[0] in {LabelKind.SDG, LabelKind.THEME}}
    assert wrong <= {(LabelKind.SDG, "12"), (LabelKind.THEME, "circular-economy")}


@pytest.mark.parametrize(
    "text",
    [
        "🙂" * 400,
        "ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾᛁᛃ " * 40,
        "lorem\x00ipsum",
        "17 18 19 20",
        ".",
        "Och så vidare och så vidare, som man brukar säga här hos oss ibland.",
    ],
)
def test_what_says_nothing_has_no_subject(embedder: CorrectedEmbedder, text: str) -> None:
    subjects = {LabelKind.SDG, LabelKind.THEME, LabelKind.TARGET_GROUP}
    assert [label for label in labels(embedder, text) if label.kind in subjects] == []
