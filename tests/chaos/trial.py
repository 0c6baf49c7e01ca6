"""One trial: load, a kill -9 at a random moment, a new start, and the judgement."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.judgement import Verdict, await_quiet, judge
from tests.chaos.load import Load
from tests.chaos.platform import FAULTS, SplitPlatform

ACTIONS_PER_S: Final = 16.0
# Some seconds on a machine that has nothing else to do.
QUIET_WITHIN_S: Final = 300.0
# A supervisor takes up to a second to start again what died.
AWAY_S: Final = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was done, and what came of it. Seconds."""

    faults: Sequence[str]
    seed: str
    killed_after_s: Sequence[float]
    promised: int
    verdict: Verdict
    longest_wait_s: float
    recovery_s: float

    @property
    def fault(self) -> str:
        """What was killed, in words."""
        return ", then ".join(self.faults)


def trial(faults: Sequence[str], seed: str, folder: Path, *, reports: int) -> Trial:
    """Run one on an installation of its own in `folder`. The seed decides the moments.

    What a platform did that never came to rest is judged as it is found.
    """
    rng = random.Random(f"{faults} {seed}")  # noqa: S311 - so that a trial can be run again
    with SplitPlatform(folder) as platform:
        load = Load(platform.installation.gateway, reports=reports, actions_per_s=ACTIONS_PER_S)
        moments = [rng.uniform(0.2, load.lasts_s / len(faults)) for _ in faults]
        load.start()
        for fault, moment in zip(faults, moments, strict=True):
            time.sleep(moment)
            platform.kill(FAULTS[fault])
            killed = time.monotonic()
            time.sleep(rng.uniform(*AWAY_S))
            platform.start(FAULTS[fault])
        load.await_end()
        quiet = await_quiet(platform, load.promises.values(), QUIET_WITHIN_S)
        return Trial(
            faults=faults,
            seed=seed,
            killed_after_s=moments,
            promised=len(load.promises),
            verdict=judge(platform, load.promises.values()),
            longest_wait_s=load.longest_wait_s,
            recovery_s=quiet - killed,
        )
