"""What every benchmark tells: a table for the screen, rows for a program."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number, made from `n` observations.

    `baseline` is what the same callers got from the least that could do the work; `target` is
    what the design asks for.
    """

    name: str
    value: float
    unit: str
    baseline: float | None
    n: int
    command: str
    target: float | None = None


def show(found: Sequence[Measurement]) -> None:
    """Print the table."""
    table = Table(box=None)
    table.add_column("measured")
    for heading in ("value", "", "baseline", "ratio", "target", "n"):
        table.add_column(heading, justify="left" if not heading else "right")
    for each in found:
        ratio = f"{each.value / each.baseline:.2f}" if each.baseline else ""
        numbers = (_number(each.value), each.unit, _number(each.baseline), ratio)
        table.add_row(each.name, *numbers, _number(each.target), str(each.n))
    Console().print(table)


def markdown(title: str, about: str, found: Sequence[Measurement]) -> str:
    """A page with the table in it; `about` says where the numbers come from."""
    rows = []
    for each in found:
        ratio = f"{each.value / each.baseline:.2f}" if each.baseline else ""
        numbers = (_number(each.value), each.unit, _number(each.baseline), ratio)
        rows.append(
            f"| {each.name} | {' | '.join(numbers)} | {_number(each.target)} | {each.n:,} |"
        )
    head = (
        "| measured | value | | baseline | ratio | target | n |",
        "|---|--:|---|--:|--:|--:|--:|",
    )
    return "\n".join((f"# {title}", "", about.strip(), "", *head, *rows, ""))


def write(found: Sequence[Measurement], path: Path) -> None:
    """Write the rows as JSON."""
    path.write_text(json.dumps([asdict(each) for each in found], indent=2), encoding="utf-8")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"
