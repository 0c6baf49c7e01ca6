"""`navigator import`: hand over many reports from one file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from libs.events.bulk import Answer, LastLine, Summary
from navigator.client import GatewayError
from navigator.import_lines import LINES, check_lines, submit_lines
from navigator.import_shown import show_answers, show_preview
from navigator.import_tables import save_mapping, table_form
from navigator.terminal import AsJson, Url, errors, gateway, print_json

File = Annotated[
    Path,
    typer.Argument(
        help="A table (CSV, XLSX, ODS, XLS, JSON list of flat objects) or reports as NDJSON.",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show how the file would be read; take nothing in.")
]
Mapping = Annotated[
    Path | None,
    typer.Option(help="JSON file that says which column is what.", exists=True, dir_okay=False),
]
SaveMapping = Annotated[
    Path | None,
    typer.Option("--save-mapping", help="Write the mapping here, to edit it and give it back."),
]
Defaults = Annotated[
    str | None,
    typer.Option(help='What holds for every row, as JSON or a file of it: {"country": "SE"}.'),
]


def import_reports(
    file: File,
    dry_run: DryRun = False,
    mapping: Mapping = None,
    save_to: SaveMapping = None,
    sheet: Annotated[str | None, typer.Option(help="Default: the largest one.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the texts: sv, fi, et …")] = None,
    defaults: Defaults = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Hand over many reports from one file: a table's rows, or lines of NDJSON.

    Look at it with --dry-run first: it shows what each column is taken for and which rows would
    be refused. Importing the same file again changes nothing. Exit code 1 if some are refused.
    """
    with gateway(url) as client:
        if file.suffix.lower() in LINES:
            answers = check_lines(file) if dry_run else submit_lines(client, file)
            _follow(answers, sum(1 for _ in file.open("rb")), dry_run=dry_run, as_json=as_json)
            return
        form = table_form(file, mapping=mapping, defaults=defaults, sheet=sheet, language=language)
        preview = client.preview_table(form)
        if save_to:
            save_mapping(preview, save_to)
        if not dry_run:
            _follow(client.submit_table(form), preview.rows, dry_run=False, as_json=as_json)
            return
    if as_json:
        print_json(preview.model_dump(mode="json"))
    else:
        show_preview(preview)
    if preview.refused:
        raise typer.Exit(1)


def _follow(
    answers: Iterable[Answer | LastLine], total: int, *, dry_run: bool, as_json: bool
) -> None:
    kept: list[Answer] = []
    summary: Summary | None = None
    with Progress(console=errors, disable=as_json, transient=True) as progress:
        task = progress.add_task("looking through" if dry_run else "handing over", total=total)
        for answer in answers:
            if isinstance(answer, LastLine):
                summary = answer.summary
            else:
                kept.append(answer)
                progress.advance(task)
    if summary is None:
        raise GatewayError("The answer broke off before its end. Import the file again.")
    if as_json:
        told = [answer.model_dump(mode="json", exclude_defaults=True) for answer in kept]
        print_json({"answers": told, "summary": summary.model_dump(mode="json")})
    else:
        show_answers(kept, summary, dry_run=dry_run)
    if summary.refused or summary.stopped:
        raise typer.Exit(1)
