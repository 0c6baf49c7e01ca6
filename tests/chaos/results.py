"""What many trials add up to: a table for the screen, a document, and rows for a program."""

import os
import statistics
from collections.abc import Sequence
from typing import Any, Final

from tests.chaos.platform import HASTE
from tests.chaos.trial import ACTIONS_PER_S, Trial

COMMAND: Final = "make chaos"
HEADINGS: Final = (
    "kill -9 of",
    "runs",
    "reports",
    "lost",
    "there twice",
    "longest wait for an answer",
    "all at rest after (median)",
    "(longest)",
)
TEXT: Final = """\
# What survives a kill -9

Written by `{command}` (seed `{seed}`).

Each run is an installation of its own on embedded parts, as four processes: broker, ingest,
embed with recommend, and gateway. Four partners hand in {reports} reports through the gateway, at
{rate:.0f} actions a second: JSON and two-page PDFs, new versions, withdrawals, reports that are
sent again after a withdrawal, and documents that must be rejected. At a random moment a part is
killed with `kill -9`, and within a second it is started again. A partner who gets no answer asks
again; what was answered is a promise.

When nothing happens any more, every promise is compared with the report's receipt, and every
receipt with the index itself; and `GET /v1/accounts/intake` must balance, with nothing missing and
no difference from the collection. *Lost* is a report that is not there, that has not come to the
end it must come to, or that lacks passages, and an account that does not balance. *There twice* is
a report or a version that nobody sent, or a passage that no receipt accounts for.

{table}

The longest wait is that of one partner for one answer, while the part was away or starting. At
rest is when every report has come to its end, every withdrawal is confirmed and no event waits,
counted from the kill; partners go on handing in after it for as long as they have something.
Ingest looked for what a broker forgot after {after} s, not after two minutes as it comes. Times
are of {cores} cores, on which {load:.0f} threads wanted to run when the last run ended; the
platform and its partners alone make it 3.
"""


def rows(trials: Sequence[Trial]) -> list[tuple[str, ...]]:
    """The table's rows in the order of HEADINGS: one for each fault, and all together."""
    faults = dict.fromkeys(trial.fault for trial in trials)
    grouped = {fault: [trial for trial in trials if trial.fault == fault] for fault in faults}
    return [_row(name, some) for name, some in {**grouped, "all together": trials}.items()]


def document(trials: Sequence[Trial], seed: str) -> str:
    """The page that shows them, in Markdown."""
    lines = [HEADINGS, ["---", *["--:"] * (len(HEADINGS) - 1)], *rows(trials)]
    return TEXT.format(
        command=COMMAND,
        seed=seed,
        reports=max(trial.promised for trial in trials),
        rate=ACTIONS_PER_S,
        table="\n".join(f"| {' | '.join(line)} |" for line in lines),
        after=HASTE["NAVIGATOR_INGEST_RECONCILE_AFTER_S"],
        cores=os.cpu_count(),
        load=os.getloadavg()[1],
    )


def measurements(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """The rows that every command of `benchmarks/` and `quality/` writes."""
    found: list[tuple[str, float, str, float | None]] = [
        ("lost after kill -9", sum(len(t.verdict.lost) for t in trials), "reports", 0),
        ("twice after kill -9", sum(len(t.verdict.duplicated) for t in trials), "reports", 0),
        ("at rest after kill -9, longest", max(t.recovery_s for t in trials), "s", None),
    ]
    return [
        {
            "name": name,
            "value": value,
            "unit": unit,
            "baseline": baseline,
            "n": len(trials),
            "command": COMMAND,
        }
        for name, value, unit, baseline in found
    ]


def _row(name: str, trials: Sequence[Trial]) -> tuple[str, ...]:
    recoveries = [trial.recovery_s for trial in trials]
    numbers = (
        len(trials),
        sum(trial.promised for trial in trials),
        sum(len(trial.verdict.lost) for trial in trials),
        sum(len(trial.verdict.duplicated) for trial in trials),
    )
    times = (
        max(trial.longest_wait_s for trial in trials),
        statistics.median(recoveries),
        max(recoveries),
    )
    return (name, *map(str, numbers), *(f"{seconds:.1f} s" for seconds in times))
