"""The headers that a dead letter carries beside its own, as they are published.

libs/bus/dead_letter.py writes them, by the names in libs/telemetry/names.py.
"""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

PREFIX = "navigator-dead-letter-"

Number = Annotated[str, StringConstraints(pattern=r"^\d+$")]


class DeadLetterHeaders(BaseModel):
    """Why a message was not taken in and where it stood. The value is the message's own bytes."""

    model_config = ConfigDict(
        frozen=True, alias_generator=lambda name: PREFIX + name.replace("_", "-")
    )

    topic: Annotated[str, Field(description="Topic that the message stood in.")]
    partition: Number
    offset: Number
    group: Annotated[str, Field(description="Consumer group that gave up on it.")]
    error: Annotated[str, Field(description="Class of the error.")]
    code: Annotated[str, Field(description="Stable code of the error, such as `wrong-source`.")]
    reason: Annotated[
        str, Field(description="What is wrong, with JSON pointers; 1 KiB of UTF-8 at most.")
    ]
    attempts: Number
    first_failure: AwareDatetime
    last_failure: AwareDatetime
    trace_id: Annotated[str, Field(description="Trace in which it failed; may be empty.")]
    left_out: Annotated[
        str,
        Field(
            description="Only where the message was too large for this topic: its size in bytes. "
            "The value is empty then; the message is where topic, partition and offset say."
        ),
    ] = ""
