"""The `openai` client against the running embed service."""

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from tests.e2e.processes import Installation

TEXTS = ["Ensamma äldre i byar", "Nuoret, jotka eivät ole töissä"]


@pytest.fixture
def url(platform: Installation) -> str:
    return f"http://127.0.0.1:{platform.ports['embed']}"


@pytest.fixture
def embed(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def model(url: str) -> str:
    return str(httpx.get(f"{url}/internal/model", trust_env=False).json()["model"])


def test_both_formats_give_the_same_unit_vectors(embed: openai.OpenAI, model: str) -> None:
    # Left out, the client asks for base64 and decodes it.
    decoded = embed.embeddings.create(model=model, input=TEXTS)
    numbers = embed.embeddings.create(
        model=model, input=TEXTS, encoding_format="float", dimensions=384
    )
    first, second = (
        np.array([item.embedding for item in answer.data], np.float32)
        for answer in (decoded, numbers)
    )
    assert first.shape == (2, 384)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    assert np.array_equal(first, second)
    assert decoded.model == numbers.model == model
    assert decoded.usage.prompt_tokens > 8


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        ({"model": "text-embedding-3-small"}, 422, "runs the model"),
        ({"dimensions": 256}, 422, "384 dimensions"),
        ({"input": [1, 2, 3]}, 422, "see errors"),
        ({"input": ["hej"] * 65}, 413, "64 at a time"),
    ],
)
def test_a_refusal_reaches_the_caller_with_its_reason(
    embed: openai.OpenAI, model: str, more: dict[str, Any], status: int, told: str
) -> None:
    with pytest.raises(openai.APIStatusError) as error:
        embed.embeddings.create(**{"model": model, "input": "hej"} | more)
    assert error.value.status_code == status
    assert isinstance(error.value.body, dict)
    assert told in error.value.body["detail"]


def test_a_question_that_was_asked_before_is_counted_as_such(
    embed: openai.OpenAI, model: str, url: str
) -> None:
    for _ in range(2):
        embed.embeddings.create(model=model, input="Frågan som ställs två gånger")
    told = httpx.get(f"{url}/metrics", trust_env=False).text
    assert 'navigator_embed_questions_total{navigator_embed_cached="true"' in told
