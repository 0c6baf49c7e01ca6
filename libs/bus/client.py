"""What every kafka-python client of ours is told."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import KafkaError, MessageSizeTooLargeError

from libs.bus.settings import BusSettings
from libs.errors import TooLarge, Unavailable


def connection(settings: BusSettings, client_id: str) -> dict[str, object]:
    """Keyword arguments that all kafka-python clients share."""
    quiet_the_client()
    password = settings.sasl_password
    return {
        "bootstrap_servers": settings.bootstrap.split(","),
        "client_id": client_id,
        "request_timeout_ms": milliseconds(settings.request_timeout_s),
        "bootstrap_timeout_ms": milliseconds(settings.request_timeout_s),
        "reconnect_backoff_max_ms": 1_000,
        "metrics_enabled": False,
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
            "raise its message.max.bytes or lower bus.max_message_bytes"
        ) from error
    except KafkaError as error:
        raise Unavailable(
            f"{doing} failed at {settings.bootstrap} ({type(error).__name__}): "
            "check that the broker runs and that bus.bootstrap points at it",
            code="broker-unavailable",
        ) from error
