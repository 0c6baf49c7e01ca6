"""Each signal's row of a table; both together with what they have more than each."""

from collections.abc import Iterator, Mapping
from typing import Any

from quality.measures import Right, Run, gain, measured
from quality.signals import BM25, DENSE, FUSED, SIGNALS

Row = dict[str, Any]


def signal_rows(
    found: Mapping[str, Run], right: Right, subject: str, suffix: str = ""
) -> Iterator[Row]:
    """`found` has each signal's answers; a row is named after its signal and the suffix."""
    for signal in SIGNALS:
        row: Row = {"name": f"{signal}{suffix}", "subject": subject, "n": len(right)}
        if signal == FUSED:
            row["over dense"] = gain(found[FUSED], found[DENSE], right)
            row["over BM25"] = gain(found[FUSED], found[BM25], right)
        yield row | measured(found[signal], right)
