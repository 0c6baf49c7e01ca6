"""How the request headers of the public contract are written."""

from typing import Final

from libs.errors import FieldError, InvalidInput

# Up to 255 visible ASCII characters, with or without the quotes that the draft standard wants:
# https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
IDEMPOTENCY_KEY: Final = r'^("[\x21\x23-\x7e]{1,253}"|[\x21\x23-\x7e]{1,255})$'
# A list of entity tags, or `*` (RFC 9110, 13.1).
ENTITY_TAGS: Final = (
    r"^\s*(\*\s*|((W/)?"
    r'"[\x21\x23-\x7e\x80-\xff]*"\s*(,\s*|$))+)$'
)
# From the gateway to the services, which take nobody else's word: whose credential was shown, and
# the address that a request came from.
TENANT: Final = "x-navigator-tenant"
CLIENT_ADDRESS: Final = "x-navigator-client-address"


def reused_key() -> InvalidInput:
    """The error for an Idempotency-Key under which something else was asked for before."""
    return InvalidInput(
        "This Idempotency-Key was used for another request. Send a changed request under a new "
        "key, and the same one unchanged.",
        code="idempotency-key-reused",
        errors=(FieldError("/header/idempotency-key", "Used for another request"),),
    )
