"""How an import is shown at a terminal: the columns before, what became of the rows after."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from libs.events.bulk import Answer, Problem, Summary
from libs.events.tables import TablePreview
from navigator.terminal import console, tell_error

_MOST_SHOWN = 20
_SURE = 0.8


def show_preview(preview: TablePreview) -> None:
    """What each column is taken for, what would be left out, and what would be refused."""
    separator = "tabulator" if preview.separator == "\t" else preview.separator
    told = {
        "": preview.format,
        "encoding ": preview.encoding,
        "separator ": separator,
        "sheet ": preview.sheet,
        "headers in row ": preview.header_row,
    }
    _say(", ".join(f"{name}{value}" for name, value in told.items() if value))
    console.print(_columns(preview))
    for note in preview.notes:
        _say(f"• {note}", style="yellow")
    for each in preview.warnings[:_MOST_SHOWN]:
        where = f"“{each.header}”, {each.rows} rows, first in row {each.first_row}"
        _say(f"• {where}: {each.detail}", style="yellow")
    _rest(len(preview.warnings))
    for row in preview.problems[:_MOST_SHOWN]:
        tell_error(f"row {row.row}: {_reason(row.problem)}")
    _rest(len(preview.problems))
    _say(f"{preview.accepted} of {preview.rows} rows would be handed over", style="bold")


def show_answers(answers: Sequence[Answer], summary: Summary, *, dry_run: bool) -> None:
    """What was refused and why, what was left out, and how many of what."""
    refused = [answer for answer in answers if answer.problem]
    for answer in refused[:_MOST_SHOWN]:
        where = f"line {answer.line}" if answer.line else f"row {answer.row}"
        tell_error(f"{where}: {_reason(answer.problem or {})}")
    _rest(len(refused))
    left_out = sum(len(answer.warnings) for answer in answers)
    if left_out:
        _say(f"{left_out} cells were left out; --dry-run tells which", style="yellow")
    if summary.stopped:
        tell_error(f"stopped: {_reason(summary.stopped)}")
    if dry_run:
        _say(f"{summary.accepted} of {summary.received} would be handed over", style="bold")
        return
    told = f"{summary.accepted} handed over, {summary.unchanged} were there already, unchanged"
    _say(f"{told}, {summary.refused} refused", style="bold")


def _columns(preview: TablePreview) -> Table:
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("", justify="right")
    table.add_column("header", overflow="fold", min_width=20, ratio=2)
    table.add_column("is", no_wrap=True)
    table.add_column("sure", no_wrap=True, justify="right")
    table.add_column("for example", overflow="ellipsis", no_wrap=True, ratio=2)
    for each in preview.columns:
        colour = "dim" if each.field is None else "green" if each.confidence >= _SURE else "yellow"
        field = each.field.value if each.field else "left out"
        unit = f" x {each.unit:,.0f}" if each.unit else ""
        table.add_row(
            str(each.column),
            escape(each.header),
            f"[{colour}]{field}{unit}[/{colour}]",
            f"{each.confidence:.0%}" if each.field else "",
            escape(" | ".join(each.examples)),
        )
    return table


def _reason(problem: Problem) -> str:
    errors = problem.get("errors") or []
    fields = "; ".join(f"{each['pointer']} {each['detail']}".strip() for each in errors)
    return fields or str(problem.get("detail", ""))


def _rest(count: int) -> None:
    if count > _MOST_SHOWN:
        _say(f"… and {count - _MOST_SHOWN} more; --json tells all", style="dim")


def _say(text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
