"""`/v1/embeddings`: what it takes, and how it refuses the rest."""

import asyncio
import base64
from typing import Any

import httpx
import numpy as np
import pytest

from libs.runtime.http import new_app
from services.embed.api import routes
from services.embed.schemas import MAX_INPUT_CHARS, MAX_INPUTS
from tests.unit.embed.fakes import FakeEmbedder
from tests.unit.runtime.stage import a_telemetry, request

BODY = 10_000_000


def post(body: dict[str, Any]) -> httpx.Response:

    telemetry = a_telemetry()
    app = new_app(title="t", description="d", max_body_bytes=BODY, telemetry=telemetry)
    app.include_router(routes(FakeEmbedder))
    return asyncio.run(request(app, "POST", "/v1/embeddings", json=body))


@pytest.mark.parametrize("more", [{}, {"model": "fake@1", "dimensions": 8, "user": "u"}])
def test_both_encodings_hold_the_same_vectors(more: dict[str, Any]) -> None:
    numbers = post({"input": ["a", "b"], "encoding_format": "float", **more}).json()
    encoded = post({"input": ["a", "b"], "encoding_format": "base64", **more}).json()
    assert [item["index"] for item in numbers["data"]] == [0, 1]
    for as_numbers, as_text in zip(numbers["data"], encoded["data"], strict=True):
        vector = np.frombuffer(base64.b64decode(as_text["embedding"]), "<f4")
        assert np.array_equal(np.array(as_numbers["embedding"], np.float32), vector)
    assert numbers["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


@pytest.mark.parametrize(
    ("body", "status", "pointer", "told"),
    [
        ({"input": ["a"] * (MAX_INPUTS + 1)}, 413, "/input", f"Send {MAX_INPUTS} at a time"),
        ({"input": "a" * (MAX_INPUT_CHARS + 1)}, 413, "/input", f"Send {MAX_INPUT_CHARS} at most"),
        ({"input": []}, 422, "/input", "the list is empty"),
        ({"input": [1, 2]}, 422, "/input", "token ids are not taken"),
        ({"input": [[1, 2], [3]]}, 422, "/input", "token ids are not taken"),
        ({"input": "a", "dimensions": 256}, 422, "/dimensions", "8 dimensions"),
        ({"input": "a", "model": "gpt"}, 422, "/model", "runs the model fake@1"),
        ({"input": "a", "encoding_format": "hex"}, 422, "/encoding_format", "'float' or 'base64'"),
        ({"input": "a", "truncate": True}, 422, "/truncate", "not permitted"),
        ({}, 422, "/input", "required"),
    ],
)
def test_what_is_refused_is_told_with_its_place(
    body: dict[str, Any], status: int, pointer: str, told: str
) -> None:
    answer = post(body)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert told in problem["detail"] + problem["errors"][0]["detail"]
