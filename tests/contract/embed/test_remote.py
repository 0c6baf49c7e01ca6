"""The engine `remote`: against our own service on a real port, and against difficult servers."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from libs.errors import Unavailable
from services.embed.conversion import PreparedModel
from services.embed.embedder import Embedder
from services.embed.embeddings_client import EmbeddingsClient
from services.embed.engines import open_embedder
from services.embed.openvino_embedder import OpenVinoEmbedder
from services.embed.prefixes import Prefixes
from services.embed.remote_embedder import RemoteEmbedder
from services.embed.settings import EmbedSettings
from tests.contract.embed.served import served
from tests.contract.embed.suite import SENTENCES, EmbedderSuite, cosines

Handler = Callable[[httpx.Request], httpx.Response]
VECTOR = [3.0, 4.0]


@pytest.fixture(scope="module")
def local(prepared: PreparedModel) -> Iterator[OpenVinoEmbedder]:
    opened = OpenVinoEmbedder(prepared)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def embedder(local: OpenVinoEmbedder) -> Iterator[Embedder]:
    with served(local) as url:
        settings = EmbedSettings(
            engine="remote", model=local.model, remote_url=url, remote_input_type=True
        )
        opened = open_embedder(settings, Path("unused"))
        yield opened
        opened.close()


class TestRemote(EmbedderSuite):
    pass


def test_vectors_are_those_of_the_server(embedder: Embedder, local: OpenVinoEmbedder) -> None:
    assert cosines(embedder.embed_queries(SENTENCES), local.embed_queries(SENTENCES)).min() > 0.9999
    here, there = local.embed_passages(SENTENCES * 5), embedder.embed_passages(SENTENCES * 5)
    assert cosines(there, here).min() > 0.9995


def test_the_estimate_is_above_the_count(embedder: Embedder, local: OpenVinoEmbedder) -> None:
    estimates, counts = embedder.count_tokens(SENTENCES), local.count_tokens(SENTENCES)
    assert all(e >= c for e, c in zip(estimates, counts, strict=True))


# Difficult servers.


class Server:
    """Answers from a script, then well; keeps what it was sent."""

    def __init__(self, *script: httpx.Response | Exception, as_numbers: bool = False) -> None:
        self.script = list(script)
        self.as_numbers = as_numbers
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.content))
        self.keys.append(request.headers.get("authorization"))
        if self.script:
            answer = self.script.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return self.well(len(self.bodies[-1]["input"]))

    def well(self, count: int, model: str = "m") -> httpx.Response:
        encoded = base64.b64encode(np.array(VECTOR, "<f4").tobytes()).decode()
        value = VECTOR if self.as_numbers else encoded
        data = [{"index": i, "embedding": value} for i in range(count)]
        return httpx.Response(200, json={"data": data[::-1], "model": model})


def opened(
    server: Handler, *, batch: int = 32, key: str | None = None, max_tokens: int = 64
) -> RemoteEmbedder:
    transport = httpx.MockTransport(server)
    # The shortest pauses there are.
    client = EmbeddingsClient("http://s/v1/", "m", key, transport=transport, jitter=lambda: -1.0)
    prefixes = Prefixes("q: ", "p: ")
    return RemoteEmbedder(client, prefixes=prefixes, batch=batch, max_tokens=max_tokens)


def test_texts_go_with_their_prefix_key_and_no_more_than_the_server_takes() -> None:
    server = Server()
    embedder = opened(server, batch=2, key="secret")
    assert np.allclose(embedder.embed_passages(["a", "b", "c", ""]), [[0.6, 0.8]] * 4)
    assert [body["input"] for body in server.bodies[1:]] == [["p: a", "p: b"], ["p: c", "p: "]]
    assert server.bodies[-1]["model"] == "m"
    assert "input_type" not in server.bodies[-1]
    assert set(server.keys) == {"Bearer secret"}


def test_a_request_is_also_limited_in_bytes() -> None:
    server = Server()
    embedder = opened(server, max_tokens=1_000_000)
    embedder.embed_passages(["a" * size for size in (90_000, 90_000, 90_000, 300_000, 1)])
    assert [len(body["input"]) for body in server.bodies[1:]] == [2, 1, 1, 1]


def test_a_long_text_is_cut_between_characters() -> None:
    server = Server()
    opened(server).embed_passages(["ö" * 5_000])
    assert server.bodies[-1]["input"] == ["p: " + "ö" * 62]


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(429, headers={"retry-after": "0"}),
        httpx.Response(
            503,
            headers={
                "retry-after": "Wed, 25 Nov 2026 08:00:00 GMT",
                "date": "Wed, 25 Nov 2026 08:00:00 GMT",
            },
        ),
        httpx.Response(500),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("away"),
    ],
)
def test_what_may_pass_is_tried_again(trouble: httpx.Response | Exception) -> None:
    server = Server()
    embedder = opened(server)
    server.script = [trouble]
    assert embedder.embed_queries(["a"]).shape == (1, 2)
    assert len(server.bodies) == 3


def test_a_question_is_tried_twice_and_passages_four_times() -> None:
    server = Server()
    embedder = opened(server)
    for embed, attempts in ((embedder.embed_queries, 2), (embedder.embed_passages, 4)):
        server.script, before = [httpx.Response(503)] * 9, len(server.bodies)
        with pytest.raises(Unavailable, match="answers 503"):
            embed(["a"])
        assert len(server.bodies) - before == attempts


def test_a_server_that_asks_for_a_long_pause_is_left_alone() -> None:
    server = Server()
    embedder = opened(server)
    server.script = [httpx.Response(429, headers={"retry-after": "3600"})]
    with pytest.raises(Unavailable, match="answers 429"):
        embedder.embed_passages(["a"])
    assert len(server.bodies) == 2


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_base64_is_asked_for_numbers_and_not_again(status: int) -> None:
    server = Server(httpx.Response(status), as_numbers=True)
    embedder = opened(server)
    assert np.allclose(embedder.embed_queries(["a"]), [[0.6, 0.8]])
    wanted = [body["encoding_format"] for body in server.bodies]
    assert wanted == ["base64", "float", "float"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(401), "NAVIGATOR_EMBED_REMOTE_KEY"),
        (httpx.Response(404), "NAVIGATOR_EMBED_MODEL"),
        (httpx.Response(413), "NAVIGATOR_EMBED_REMOTE_BATCH"),
        (httpx.Response(200, text="<html>"), "NAVIGATOR_EMBED_REMOTE_URL"),
        (httpx.Response(200, json={"data": []}), "NAVIGATOR_EMBED_REMOTE_URL"),
        (httpx.Response(200, json=[1]), "NAVIGATOR_EMBED_REMOTE_URL"),
        (
            httpx.Response(200, json={"data": [{"index": 0, "embedding": "?"}]}),
            "NAVIGATOR_EMBED_REMOTE_URL",
        ),
        (httpx.Response(418, json={"error": {"message": "I am a teapot"}}), "I am a teapot"),
        (
            httpx.Response(
                200, json={"data": [{"index": 0, "embedding": [0.0, 0.0]}], "model": "m"}
            ),
            "without length",
        ),
    ],
)
def test_every_refusal_says_what_to_mend(answer: httpx.Response, told: str) -> None:
    server = Server()
    embedder = opened(server)
    server.script = [answer]
    with pytest.raises(Unavailable, match=told):
        embedder.embed_queries(["a"])


def test_a_server_that_changes_its_model_is_refused() -> None:
    server = Server()
    embedder = opened(server)
    assert embedder.model == "m"
    server.script = [server.well(1, model="another")]
    with pytest.raises(Unavailable, match="now answers with another"):
        embedder.embed_queries(["a"])


def test_an_embedder_that_is_closed_while_it_is_asked_says_so() -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if b"last" in request.content:
            embedder.close()
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        return Server()(request)

    embedder = opened(server)
    with pytest.raises(Unavailable, match="closed"):
        embedder.embed_passages(["last"])


def test_a_closed_embedder_says_so() -> None:
    embedder = opened(Server())
    embedder.close()
    with pytest.raises(Unavailable, match="closed"):
        embedder.embed_queries(["a"])
