"""`navigator push`: hand over reports."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from libs.events.report import Receipt, ReportStatus, StatusEntry
from navigator.client import GatewayClient, GatewayError
from navigator.import_lines import LINES
from navigator.import_tables import TABLES
from navigator.terminal import AsJson, Url, console, gateway, print_json, tell_error

Outcome = dict[str, Any]
"""A receipt with its file, or a file with its error."""

_COLOURS = {
    ReportStatus.INDEXED: "green",
    ReportStatus.REJECTED: "red",
    ReportStatus.WITHDRAWN: "yellow",
}


Files = Annotated[
    list[Path],
    typer.Argument(
        help="Reports: PDF, DOCX, HTML, Markdown, text, or JSON (one report or a list).",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
Metadata = Annotated[
    Path | None,
    typer.Option(
        help="JSON file with what is known about a document: title, language, themes …",
        exists=True,
        dir_okay=False,
    ),
]
ExternalId = Annotated[
    str | None, typer.Option(help="Your own id of it: a corrected file is its next version.")
]


def push(
    files: Files,
    metadata: Metadata = None,
    title: Annotated[str | None, typer.Option(help="Title of a document.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language: sv, fi, et …")] = None,
    external_id: ExternalId = None,
    as_one: Annotated[
        bool, typer.Option("--as-one", help="The files are one report: itself first, then annexes.")
    ] = False,
    wait: Annotated[
        bool, typer.Option(help="Wait until each report can be found, or is rejected.")
    ] = True,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Hand over reports and follow them until they can be found.

    A file that cannot be handed over does not keep the others from it. Exit code 1 if there was
    one, or a report was rejected. Pushing the same file again changes nothing.
    """
    given = {"title": title, "language": language, "external_id": external_id}
    outcomes: list[Outcome] = []
    with gateway(url) as client:
        known = (_read_object(metadata) if metadata else {}) | {k: v for k, v in given.items() if v}
        reports = [files] if as_one else [[path] for path in files]
        if external_id and len(reports) > 1:
            raise GatewayError(
                "--external-id names one report: push one file with it, or several --as-one."
            )
        for paths in reports:
            outcomes += _push_files(client, paths, known, wait=wait, quiet=as_json)
    if as_json:
        print_json(outcomes)
    if any("error" in outcome or outcome.get("status") == "rejected" for outcome in outcomes):
        raise typer.Exit(1)


def _push_files(
    client: GatewayClient, paths: list[Path], known: dict[str, Any], *, wait: bool, quiet: bool
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    names = ", ".join(map(str, paths))
    try:
        for receipt, created in _submit(client, paths, known):
            if not quiet:
                _tell(receipt, created=created)
            last = _followed(client, receipt, quiet=quiet) if wait else receipt
            outcomes.append({"file": names, **last.model_dump(mode="json")})
    except GatewayError as error:
        if not quiet:
            tell_error(f"{names}: {error}")
        outcomes.append({"file": names, "error": str(error)})
    return outcomes


def _submit(
    client: GatewayClient, paths: list[Path], known: dict[str, Any]
) -> Iterator[tuple[Receipt, bool]]:
    first = paths[0]
    for path in paths:
        if path.suffix.lower() in TABLES | LINES:
            raise GatewayError(f"it holds many reports: use `navigator import {path}`.")
    if len(paths) > 1 or first.suffix.lower() != ".json":
        yield client.submit_documents(paths, {"title": first.stem} | known if known else None)
        return
    content = _read_json(first)
    reports = content if isinstance(content, list) else [content]
    if not reports:
        raise GatewayError("the list is empty: put a report in it.")
    for report in reports:
        body = report | known if isinstance(report, dict) else report
        yield client.submit_json(json.dumps(body).encode())


def _read_object(path: Path) -> dict[str, Any]:
    content = _read_json(path)
    if not isinstance(content, dict):
        raise GatewayError(f'{path} must hold one JSON object, such as {{"title": "…"}}.')
    return content


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise GatewayError(f"{path} is not JSON: {error}. Correct it and push it again.") from error


def _tell(receipt: Receipt, *, created: bool) -> None:
    state = "handed over" if created else "was there already, unchanged"
    console.print(
        f"[bold]{escape(receipt.title)}[/bold] {state}: {receipt.report_id}", highlight=False
    )


def _followed(client: GatewayClient, receipt: Receipt, *, quiet: bool) -> Receipt:
    for entry in client.follow(receipt.report_id):
        if not quiet:
            _tell_entry(entry)
    last = client.receipt(receipt.report_id)
    if last.rejection and not quiet:
        console.print(f"  {last.rejection.reason_en} {last.rejection.hint}", markup=False)
    return last


def _tell_entry(entry: StatusEntry) -> None:
    colour = _COLOURS.get(entry.status, "default")
    details = ", ".join(f"{name} {value}" for name, value in entry.detail.items())
    console.print(f"  [{colour}]{entry.status.value}[/{colour}] {details}", highlight=False)
