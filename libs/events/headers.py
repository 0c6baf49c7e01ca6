"""How the request headers of the public contract are written."""

from typing import Final

# Up to 255 visible ASCII characters, with or without the quotes that the draft standard wants:
# https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
IDEMPOTENCY_KEY: Final = r'^("[\x21\x23-\x7e]{1,253}"|[\x21\x23-\x7e]{1,255})$'
# A list of entity tags, or `*` (RFC 9110, 13.1).
ENTITY_TAGS: Final = (
    r"^\s*(\*\s*|((W/)?"
    r'"[\x21\x23-\x7e\x80-\xff]*"\s*(,\s*|$))+)$'
)
