"""`navigator push`: hand over reports."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from libs.events.report import Receipt, ReportStatus, StatusEntry
from navigator.client import GatewayClient, GatewayError
from navigator.terminal import AsJson, Url, console, gateway, print_json

_COLOURS = {
    ReportStatus.INDEXED: "green",
    ReportStatus.REJECTED: "red",
    ReportStatus.WITHDRAWN: "yellow",
}


def push(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Reports: PDF, DOCX, HTML, Markdown, text, or JSON (one report or a list).",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    metadata: Annotated[
        Path | None,
        typer.Option(
            help="JSON file with what is known about a document: title, language, themes …",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of a document.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language: sv, fi, et …")] = None,
    wait: Annotated[
        bool, typer.Option(help="Wait until each report can be found, or is rejected.")
    ] = True,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Hand over reports and follow them until they can be found.

    Exit code 1 if one was rejected. Pushing the same file again changes nothing.
    """
    with gateway(url) as client:
        known = _known(metadata, title, language)
        receipts: list[Receipt] = []
        for path in files:
            for receipt, created in _submit(client, path, known):
                if not as_json:
                    _tell(receipt, created=created)
                receipts.append(_followed(client, receipt, as_json) if wait else receipt)
    if as_json:
        print_json([receipt.model_dump(mode="json") for receipt in receipts])
    if any(receipt.status is ReportStatus.REJECTED for receipt in receipts):
        raise typer.Exit(1)


def _known(metadata: Path | None, title: str | None, language: str | None) -> dict[str, Any]:
    known: dict[str, Any] = _read_json(metadata) if metadata else {}
    given = {"title": title, "language": language}
    return known | {name: value for name, value in given.items() if value}


def _submit(client: GatewayClient, path: Path, known: dict[str, Any]) -> list[tuple[Receipt, bool]]:
    if path.suffix.lower() != ".json":
        metadata = {"title": path.stem} | known if known else None
        return [client.submit_document(path, metadata)]
    content = _read_json(path)
    reports = content if isinstance(content, list) else [content]
    return [client.submit_json(json.dumps(report).encode()) for report in reports]


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


def _followed(client: GatewayClient, receipt: Receipt, quiet: bool) -> Receipt:  # noqa: FBT001
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
