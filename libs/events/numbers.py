"""Numbers that are not true or false."""

from typing import Annotated

from pydantic import BeforeValidator, Field


def no_truth_value(value: object) -> object:
    """Refuse a truth value, which would be taken for 0 or 1.

    Text is no error here: in an address all values are.
    """
    if isinstance(value, bool):
        raise ValueError("a number is wanted here, not true or false")  # noqa: TRY004 - pydantic's way
    return value


Goal = Annotated[int, Field(ge=1, le=17), BeforeValidator(no_truth_value)]
"""The number of a Sustainable Development Goal."""
