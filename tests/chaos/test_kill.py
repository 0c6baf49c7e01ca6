"""kill -9 of one part after the other, and then of all, under load: nothing lost, nothing twice.

`make chaos` does it twenty times, each on an installation of its own.
"""

from pathlib import Path

import pytest

from tests.chaos.platform import FAULTS
from tests.chaos.trial import trial

REPORTS = 24


@pytest.mark.timeout(600)
def test_every_promise_comes_true_once(tmp_path: Path) -> None:
    found = trial(list(FAULTS), "make test", tmp_path, reports=REPORTS)
    assert found.promised == REPORTS
    assert found.verdict.lost == ()
    assert found.verdict.duplicated == ()
