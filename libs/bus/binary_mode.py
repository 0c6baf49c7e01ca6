"""CloudEvents in binary mode: attributes in Kafka headers, and the data alone as the value.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

import json

from libs.bus.record import Received
from libs.errors import InvalidInput
from libs.telemetry import names

PREFIX = "ce_"


def structured(message: Received) -> bytes:
    """The message's event in structured JSON. Raises InvalidInput for data that is no JSON."""
    headers = {name: value.decode(errors="replace") for name, value in message.headers}
    if PREFIX + "specversion" not in headers:
        return message.value
    attributes: dict[str, object] = {
        name.removeprefix(PREFIX): value
        for name, value in headers.items()
        if name.startswith(PREFIX)
    }
    if media_type := headers.get(names.HEADER_CONTENT_TYPE):
        attributes["datacontenttype"] = media_type.partition(";")[0].strip()
    try:
        attributes["data"] = json.loads(message.value)
        return json.dumps(attributes).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the event's data is no JSON", code="invalid-envelope") from error
