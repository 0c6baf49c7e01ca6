"""Who asks."""

from typing import Any

import pytest
from pydantic import ValidationError

from libs.events.profile import Profile


@pytest.mark.parametrize("example", [{}, *Profile.model_config["json_schema_extra"]["examples"]])  # type: ignore[index,call-overload]
def test_a_profile_may_say_little_or_much(example: dict[str, Any]) -> None:
    made = Profile.model_validate(example)
    assert made.model_dump(mode="json", exclude_defaults=True) == example


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        ({"place": 605155, "name": "Kiruna"}, "name"),
        ({"name": "Kiruna"}, "name"),
        ({"name": "Kiruna", "country": "Sverige"}, "country"),
        ({"km_to_town": 90, "km_to_city": 20}, "km_to_city"),
        ({"population": 0}, "population"),
        ({"population": "6500"}, "population"),
        ({"population": True}, "population"),
        ({"density": 0}, "density"),
        ({"density": float("nan")}, "density"),
        ({"km_to_town": -1}, "km_to_town"),
        ({"months": float("inf")}, "months"),
        ({"place": 2**31}, "place"),
        ({"budget": {"amount": -1, "currency": "SEK"}}, "budget"),
        ({"staff": 0}, "staff"),
        ({"staff": "two"}, "staff"),
        ({"sdgs": [18]}, "sdgs"),
        ({"sdgs": [True]}, "sdgs"),
        ({"target_groups": ["Young people"]}, "target_groups"),
        ({"target_groups": ["women"] * 51}, "target_groups"),
        ({"inhabitants": 3}, "inhabitants"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(profile: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Profile.model_validate(profile)
    assert {error["loc"][0] for error in raised.value.errors()} == {field}
