"""Which model a collection is made with, in words that are kept beside it."""

import json
from collections.abc import Collection
from typing import Final

from pydantic import ValidationError

from libs.errors import InvalidInput
from libs.events.reindex import ModelChoice
from services.embed.settings import EmbedSettings

# What may change without making other vectors, and what must not be written down.
_NOT_THE_MODEL: Final = {"passage_tokens", "query_cache", "allow_download"} | {
    "remote_key",
    "remote_batch",
}


def recipe_of(settings: EmbedSettings) -> str:
    """What is needed to open the same model again: settings as JSON, without secrets."""
    return json.dumps(settings.model_dump(mode="json", exclude=_NOT_THE_MODEL), sort_keys=True)


def with_recipe(settings: EmbedSettings, recipe: str) -> EmbedSettings:
    """The settings with another model."""
    return EmbedSettings.model_validate({**settings.model_dump(), **json.loads(recipe)})


def is_set(settings: EmbedSettings, recipe: str) -> bool:
    """Whether the settings mean this model. What an older release did not know does not count."""
    own = json.loads(recipe_of(settings))
    return all(own.get(name) == value for name, value in json.loads(recipe).items())


def as_made(settings: EmbedSettings, model: str, earlier: Collection[str]) -> EmbedSettings:
    """The settings for a collection made with a model, whose name ends in its correction.

    "means" leaves open which: it is the collection's where a release before had those as its own.
    """
    correction = model.rpartition("+")[2]
    if settings.correction == "means" and correction in earlier:
        return settings.model_copy(update={"correction": correction})
    return settings


def chosen(settings: EmbedSettings, choice: ModelChoice) -> EmbedSettings:
    """The settings with what an operator chose.

    Another engine comes without the set model, and another model without the set prefixes, which
    were written for the one before.

    Raises InvalidInput for what no setting fits.
    """
    given = choice.model_dump(include=set(ModelChoice.model_fields), exclude_none=True)
    if choice.engine is not None:
        given["model"] = choice.model
    if given.get("model", settings.model) != settings.model:
        given |= {"query_prefix": None, "passage_prefix": None}
    unknown = {name for name, value in given.items() if value} - EmbedSettings.model_fields.keys()
    if unknown:
        raise InvalidInput(f"Embed has no setting for {', '.join(sorted(unknown))}.")
    try:
        return EmbedSettings.model_validate({**settings.model_dump(), **given})
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise InvalidInput(f"No model can be opened with these settings. {told}") from error
