"""Secrets and signatures after https://www.standardwebhooks.com."""

import base64
import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Final

from standardwebhooks import Webhook

PREFIX: Final = "whsec_"
# The specification asks for 24 to 64.
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A random secret, as it is shown to a partner."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    event_id: str, body: str, valid: Sequence[str], now: dt.datetime
) -> dict[str, str]:
    """The three headers of a message, signed with each of the valid secrets."""
    moment = now.astimezone(dt.UTC)
    signatures = (Webhook(secret).sign(event_id, moment, body) for secret in valid)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
