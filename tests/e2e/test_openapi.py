"""What the OpenAPI document says is what the running gateway does, for requests made from it.

schemathesis draws valid and invalid requests for each operation and holds the answers against the
document: no 500, only documented statuses and content types, bodies of the documented shape.
"""

import json
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.e2e.processes import REPOSITORY, Installation

DOCUMENT: Path = REPOSITORY / "docs" / "contracts" / "openapi.json"
EXAMPLES = 30

# No schema can say that a report needs some text, or that bytes must be a PDF.
NOWHERE_HELD = [positive_data_acceptance]
# The stream is answered 200 and says in each line what became of the one that was sent.
EXCLUDED = {"/v1/bulk/reports": [*NOWHERE_HELD, negative_data_rejection]}

api = schemathesis.openapi.from_path(str(DOCUMENT))


@schemathesis.serializer("application/x-ndjson")
def one_line(_: Any, value: Any) -> bytes:
    """A stream of one report."""
    return json.dumps(value).encode() + b"\n"


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_the_gateway_does_as_documented(case: schemathesis.Case, platform: Installation) -> None:
    case.call_and_validate(
        base_url=platform.gateway,
        timeout=30,
        excluded_checks=EXCLUDED.get(case.operation.path, NOWHERE_HELD),
    )
