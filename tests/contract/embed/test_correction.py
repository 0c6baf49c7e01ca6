"""The language correction: what it does to vectors, and what it is worth."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from libs.errors import InvalidInput
from libs.language.detection import LanguageDetector
from services.embed.conversion import prepare_model
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.embedder import Embedder, Vectors
from services.embed.openvino_embedder import OpenVinoEmbedder

# One thing said in ten languages, twice; written for this test.
LONELY = [
    "Ensamma äldre i byn får besök varje vecka.",
    "Kylän yksinäisiä vanhuksia käydään katsomassa joka viikko.",
    "Küla üksikuid eakaid külastatakse igal nädalal.",
    "Ciema vientuļos seniorus apciemo katru nedēļu.",
    "Kaimo vieniši senjorai lankomi kiekvieną savaitę.",
    "Samotni seniorzy we wsi są odwiedzani co tydzień.",
    "Einsame ältere Menschen im Dorf werden jede Woche besucht.",
    "Ensomme ældre i landsbyen får besøg hver uge.",
    "Ensomme eldre i bygda får besøk hver uke.",
    "Lonely older people in the village are visited every week.",
]
BICYCLES = [
    "Verkstaden lagar gamla cyklar och säljer dem billigt.",
    "Korjaamo kunnostaa vanhoja pyöriä ja myy ne halvalla.",
    "Töökoda parandab vanu jalgrattaid ja müüb neid odavalt.",
    "Darbnīca labo vecus velosipēdus un pārdod tos lēti.",
    "Dirbtuvės taiso senus dviračius ir pigiai juos parduoda.",
    "Warsztat naprawia stare rowery i tanio je sprzedaje.",
    "Die Werkstatt repariert alte Fahrräder und verkauft sie günstig.",
    "Værkstedet reparerer gamle cykler og sælger dem billigt.",
    "Verkstedet reparerer gamle sykler og selger dem billig.",
    "The workshop repairs old bicycles and sells them cheaply.",
]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenVinoEmbedder]:
    folder = os.environ.get("NAVIGATOR_TEST_MODEL_DIR")
    embedder = OpenVinoEmbedder(
        prepare_model(Path(folder) if folder else tmp_path_factory.mktemp("model"))
    )
    yield embedder
    embedder.close()


@pytest.fixture(scope="module")
def corrected(raw: OpenVinoEmbedder) -> CorrectedEmbedder:
    return CorrectedEmbedder(raw, LanguageCorrection.load(raw.model), LanguageDetector())


def spread(vectors: Vectors) -> float:
    """Mean cosine of what says the same, less that of what says something else."""
    similarity = vectors @ vectors.T
    same = np.kron(np.eye(2), np.ones((10, 10))).astype(bool)
    np.fill_diagonal(similarity, np.nan)
    return float(np.nanmean(similarity[same]) - np.nanmean(similarity[~same]))


def test_the_means_belong_to_the_shipped_model(raw: OpenVinoEmbedder) -> None:
    correction = LanguageCorrection.load(raw.model)
    assert set(correction.queries) == set(correction.passages)
    assert len(correction.queries) == 10
    assert all(mean.shape == (raw.dimension,) for mean in correction.queries.values())


def test_means_of_another_release_are_asked_for_by_name(raw: OpenVinoEmbedder) -> None:
    current = LanguageCorrection.load(raw.model)
    assert LanguageCorrection.of(raw.model, current.name).name == current.name
    with pytest.raises(InvalidInput, match="means-00000000"):
        LanguageCorrection.of(raw.model, "means-00000000")


def test_another_model_is_left_as_it_is(raw: OpenVinoEmbedder) -> None:
    correction = LanguageCorrection.load("another-model@1")
    vectors = raw.embed_queries(["hej"])
    assert correction.name == "uncorrected"
    assert np.array_equal(correction.correct_queries(vectors, [{"sv": 1.0}]), vectors)


@pytest.mark.parametrize("text", ["", "😀", "ვეფხისტყაოსანი", "Ensamma äldre", "x" * 3_000])
def test_corrected_vectors_are_unit_vectors(corrected: CorrectedEmbedder, text: str) -> None:
    for vectors in (corrected.embed_queries([text]), corrected.embed_passages([text])):
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-5)


def test_nothing_to_embed_is_no_error(corrected: CorrectedEmbedder) -> None:
    assert corrected.embed_passages([]).shape == (0, corrected.dimension)


def test_a_correction_is_another_vector_space(
    raw: OpenVinoEmbedder, corrected: CorrectedEmbedder
) -> None:
    assert corrected.model.startswith(raw.model + "+means-")


def test_what_is_said_counts_more_than_the_language(
    raw: OpenVinoEmbedder, corrected: CorrectedEmbedder
) -> None:
    texts = LONELY + BICYCLES
    assert spread(corrected.embed_passages(texts)) > 2 * spread(raw.embed_passages(texts))


def found_first(embedder: Embedder) -> float:
    """Share of questions whose nearest nine passages in other languages say the same."""
    texts = LONELY + BICYCLES
    questions, passages = embedder.embed_queries(texts), embedder.embed_passages(texts)
    similarity = questions @ passages.T
    np.fill_diagonal(similarity, -2)
    nearest = np.argsort(-similarity, axis=1)[:, :9]
    return float(np.mean(nearest // 10 == np.arange(20)[:, None] // 10))


def test_every_language_is_found_from_every_other(corrected: CorrectedEmbedder) -> None:
    assert found_first(corrected) == 1.0
