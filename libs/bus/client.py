"""What every kafka-python client of ours is told."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka.errors import KafkaError, MessageSizeTooLargeError

from libs.bus.settings import BusSettings
from libs.bus.unreadable import read_any_header_name
from libs.errors import TooLarge, Unavailable


def open_client(
    factory: Callable[..., Any], settings: BusSettings, client_id: str, **options: object
) -> Any:
    """A kafka-python client (of class `factory`) that is connected, or an error and no rest.

    kafka-python 3.0.12 leaves a thread and four files behind for each client that could not
    connect; while a broker is away for an hour that is a hundred threads. So we hold the inner
    client ourselves and close it.
    """
    quiet_the_client()
    read_any_header_name()
    made: list[Any] = []

    def inner_client(*args: object, **config: object) -> Any:
        made.append(factory.DEFAULT_CONFIG["kafka_client"](*args, **config))  # type: ignore[attr-defined]
        return made[-1]

    try:
        return factory(**_connection(settings, client_id), kafka_client=inner_client, **options)
    except BaseException:
        for client in made:
            client.close()
        raise


def _connection(settings: BusSettings, client_id: str) -> dict[str, object]:
    password = settings.sasl_password
    return {
        "bootstrap_servers": settings.bootstrap.split(","),
        "client_id": client_id,
        "request_timeout_ms": milliseconds(settings.request_timeout_s),
        "bootstrap_timeout_ms": milliseconds(settings.connect_timeout_s),
        "reconnect_backoff_max_ms": 1_000,
        "security_protocol": settings.security_protocol,
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": password.get_secret_value() if password else None,
        "ssl_cafile": settings.ca_file,
    }


def quiet_the_client() -> None:
    """Keep kafka-python's own log lines out unless somebody set a level for them.

    It writes some 30 lines a second while a broker is away; our own loop says it once.
    """
    logger = logging.getLogger("kafka")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)


def give_back_parked(consumer: Any) -> None:
    """To be called before each poll of a consumer whose partitions are paused at times.

    kafka-python 3.0.12 keeps what it had fetched of a partition that was paused, and gives it
    back only while no other partition's records are in hand. It takes exhausted ones for
    records in hand, so a resumed partition was never read again.
    """
    fetcher = consumer._fetcher  # noqa: SLF001 - there is no other way to it
    if not fetcher._next_partition_records:  # noqa: SLF001
        fetcher._next_partition_records = None  # noqa: SLF001


def rest_without_leader(producer: Any) -> None:
    """To be called once for each producer.

    kafka-python 3.0.12 looks for the leaders of all partitions it has ever sent to, and does not
    rest while one has none: half a core for good, when somebody deletes a topic. Only those that
    have records waiting matter.
    """
    accumulator = producer._accumulator  # noqa: SLF001 - there is no other way to it
    ready = accumulator.ready

    def waiting_ready(cluster: Any, now: float | None = None) -> tuple[Any, float, bool]:
        nodes, next_check_s, leaderless = ready(cluster, now=now)
        if leaderless:
            queues = list(accumulator._batches.items())  # noqa: SLF001
            leaderless = any(
                queue and cluster.leader_for_partition(partition) in (None, -1)
                for partition, queue in queues
            )
        return nodes, next_check_s, leaderless

    accumulator.ready = waiting_ready


def has_to_join(consumer: Any) -> bool:
    """True while a consumer has to join its group, at its start or because topics have changed.

    It does so within polls. Where it reads topics by pattern it begins each time by asking for
    all topics: in polls of 2 ms it never came to an end.
    """
    return bool(consumer._coordinator.need_rejoin())  # noqa: SLF001 - there is no other way to it


def told(error: Exception) -> str:
    """What a lost broker means for a person: the client's words, cut short, and what to do."""
    return (
        f"the broker is lost ({error!s:.200}): "
        "check that it runs and that NAVIGATOR_KAFKA_BOOTSTRAP points at it"
    )


def milliseconds(seconds: float) -> int:
    """Seconds as kafka-python wants them."""
    return int(seconds * 1_000)


@contextmanager
def broker_errors(settings: BusSettings, doing: str) -> Iterator[None]:
    """Turn kafka-python's errors into Unavailable (or TooLarge), with what to do about it."""
    try:
        yield
    except MessageSizeTooLargeError as error:
        raise TooLarge(
            f"{doing} failed: the broker refuses a message of this size; "
            "raise its message.max.bytes or lower the bus's max_message_bytes"
        ) from error
    except KafkaError as error:
        raise Unavailable(
            f"{doing} failed at {settings.bootstrap}: {told(error)}",
            code="broker-unavailable",
        ) from error
