"""How to reach the broker and how patient to be. Built once by libs/runtime, then passed down."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

HOUR = 3_600.0
DAY = 24 * HOUR


class BusSettings(BaseModel):
    """Everything about Kafka that can be set. Durations are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: Annotated[
        str, Field(min_length=1, description="host:port of one broker or more, by commas.")
    ] = "127.0.0.1:9092"
    partitions: Annotated[int, Field(ge=1, description="Of a topic that is made here.")] = 6
    replication: Annotated[int, Field(ge=1)] = 1
    # noida-db rewrites its whole file at each save: 20,000 events are 57 MB, which cost a fifth
    # of a core while events trickle in. The SQL record is the memory, the topic only the way.
    retention_s: Annotated[Seconds, Field(description="How long a topic keeps events.")] = HOUR
    partner_retention_s: Annotated[
        Seconds, Field(description="The same of partners' topics, which nothing else remembers.")
    ] = 7 * DAY
    dead_letter_retention_s: Seconds = 30 * DAY
    max_message_bytes: Annotated[int, Field(ge=1_024)] = 1_000_000

    max_attempts: Annotated[
        int, Field(ge=1, description="Tries of an event that fails by a bug, then dead letter.")
    ] = 3
    backoff_initial_s: Seconds = 0.2
    backoff_max_s: Seconds = 30.0
    dead_letter_ratio: Annotated[
        float, Field(gt=0, le=1, description="A larger share lost to bugs stops the consumer.")
    ] = 0.5
    dead_letter_window: Annotated[int, Field(ge=1, description="Counted over so many.")] = 20

    instance: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9._-]{1,100}$",
            description="Which replica this is; two with one instance shut each other out.",
        ),
    ] = "0"
    session_timeout_s: Annotated[
        Seconds, Field(description="A member that is silent for longer loses its partitions.")
    ] = 45.0
    max_poll_interval_s: Annotated[
        Seconds, Field(description="The longest that one event may take.")
    ] = 1_800.0
    max_poll_records: Annotated[int, Field(ge=1)] = 20
    request_timeout_s: Annotated[Seconds, Field(description="Wait for one answer.")] = 10.0
    connect_timeout_s: Annotated[
        Seconds, Field(description="Wait for the first answer of a broker.")
    ] = 5.0
    idle_wait_s: Annotated[
        Seconds, Field(description="The longest that an idle consumer looks away.")
    ] = 0.05
    check_interval_s: Annotated[
        Seconds, Field(description="Between looks at the broker's memory and at the lag.")
    ] = 2.0
    discovery_s: Annotated[
        Seconds, Field(description="Between looks for new topics, partitions and leaders.")
    ] = 5.0

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: str | None = None
