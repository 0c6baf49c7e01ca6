"""Kills parts of the platform under load, again and again, and counts what was lost.

    make chaos        (or .venv/bin/python -m tests.chaos --runs 5 --markdown PATH --json PATH)

Ends with 1 if anything was lost or was there twice. `--seed` with the seed that was told makes
the same runs again, and `--fault` only those of one fault.
"""

import argparse
import json
import secrets
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.platform import FAULTS
from tests.chaos.results import HEADINGS, document, measurements, rows
from tests.chaos.trial import Trial, trial

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run them all, print the table and write the files."""
    chosen = _arguments()
    # So that a supervisor's word ends the processes that were started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console.print(f"seed {chosen.seed}")
    trials = [
        _tried(fault, f"{chosen.seed}.{number}", chosen.reports)
        for number in range(chosen.runs)
        for fault in chosen.fault or FAULTS
    ]
    table = Table(*HEADINGS, box=None)
    for row in rows(trials):
        table.add_row(*row)
    Console().print(table)
    if chosen.markdown:
        chosen.markdown.write_text(document(trials, chosen.seed), encoding="utf-8")
    if chosen.json:
        chosen.json.write_text(json.dumps(measurements(trials), indent=2), encoding="utf-8")
    return int(any(trial.verdict.lost or trial.verdict.duplicated for trial in trials))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each fault")
    parser.add_argument("--reports", type=int, default=40, help="reports in each run")
    parser.add_argument("--fault", choices=FAULTS, action="append", help="only this one")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="decides the moments")
    parser.add_argument("--markdown", type=Path, help="write the page with the table here")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    return parser.parse_args()


def _tried(fault: str, seed: str, reports: int) -> Trial:
    with tempfile.TemporaryDirectory(prefix="navigator-chaos-") as folder:
        found = trial([fault], seed, Path(folder), reports=reports)
    console.print(
        f"  {seed} {fault}: killed after {found.killed_after_s[0]:.2f} s, "
        f"at rest after {found.recovery_s:.1f} s"
    )
    for word, what in (("lost", found.verdict.lost), ("twice", found.verdict.duplicated)):
        for each in what:
            console.print(f"    {word}: {each}")
    return found


if __name__ == "__main__":
    sys.exit(main())
