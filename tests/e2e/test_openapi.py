"""What the OpenAPI document says is what the running gateway does, for requests made from it.

schemathesis draws valid and invalid requests for each operation and holds the answers against the
document: no 500, only documented statuses and content types, bodies of the documented shape.
"""

from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.e2e.processes import REPOSITORY, Installation

DOCUMENT: Path = REPOSITORY / "docs" / "contracts" / "openapi.json"
EXAMPLES = 30

api = schemathesis.openapi.from_path(str(DOCUMENT))


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
        # No schema can say that a report needs some text, or that bytes must be a PDF.
        excluded_checks=[positive_data_acceptance],
    )
