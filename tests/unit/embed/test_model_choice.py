"""What an operator chooses, and what of the settings stays with it."""

import pytest

from libs.events.reindex import ModelChoice
from services.embed.model_choice import chosen
from services.embed.settings import EmbedSettings

SET = EmbedSettings(
    engine="transformers", model="/models/e5", query_prefix="query: ", passage_prefix="passage: "
)
BY_HAND = ("query: ", "passage: ")


@pytest.mark.parametrize(
    ("choice", "prefixes"),
    [
        (ModelChoice(model="/models/bge"), (None, None)),
        (ModelChoice(engine="openvino"), (None, None)),
        (ModelChoice(model="/models/e5"), BY_HAND),
        (ModelChoice(correction="none"), BY_HAND),
    ],
)
def test_prefixes_given_by_hand_stay_with_their_model(
    choice: ModelChoice, prefixes: tuple[str | None, str | None]
) -> None:
    found = chosen(SET, choice)
    assert (found.query_prefix, found.passage_prefix) == prefixes
