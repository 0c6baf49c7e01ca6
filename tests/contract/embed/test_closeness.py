"""Recommend's numbers for what it has nothing for are of the model that embed serves."""

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest

from libs.language.detection import LanguageDetector
from libs.vectors.port import PassageHit
from services.embed.conversion import PreparedModel
from services.embed.correction import CorrectedEmbedder, LanguageCorrection
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.recommend.closeness import load_closeness

# As near as the demonstration corpus is to both kinds of question.
HITS = [PassageHit(UUID(int=1), 1.0, 0.35, {"report_id": "a"})]


@pytest.fixture(scope="module")
def embedder(prepared: PreparedModel) -> Iterator[CorrectedEmbedder]:
    engine = OpenVinoEmbedder(prepared)
    correction = LanguageCorrection.load(engine.model)
    with closing(CorrectedEmbedder(engine, correction, LanguageDetector())) as embedder:
        yield embedder


def refused(embedder: CorrectedEmbedder, question: str) -> bool:
    numbers = load_closeness(embedder.model)
    assert numbers is not None, "run quality.closeness for this model"
    return numbers.refuses(embedder.embed_queries([question])[0], HITS)


@pytest.mark.parametrize(
    "question",
    [
        "Ensamma äldre i byar utan buss och affär, hur når vi dem?",
        "Nuoret, jotka eivät ole töissä eivätkä koulussa",
        "Wie beteiligen wir Jugendliche an der Planung des Dorfes?",
        "How do we keep services going in a village that shrinks?",
    ],
)
def test_a_challenge_is_let_through(embedder: CorrectedEmbedder, question: str) -> None:
    assert not refused(embedder, question)


@pytest.mark.parametrize(
    "question",
    [
        "Vilket lag vann hockeymatchen i går kväll?",
        "Miten vaihdan auton renkaat talveksi?",
        "Wie lange muss ein Kartoffelgratin in den Ofen?",
        "What is the exchange rate of the dollar today?",
    ],
)
def test_what_is_asked_elsewhere_is_refused(embedder: CorrectedEmbedder, question: str) -> None:
    assert refused(embedder, question)
