"""Loads the demonstration corpus through the gateway, as any partner would hand it over."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from libs.errors import NotFound
from libs.events.report import Receipt, ReportStatus
from navigator.client import GatewayClient
from navigator.terminal import console, tell_error

DEMO_FOLDER = Path(__file__).resolve().parents[1] / "data" / "demo"
EXAMPLE = "Unga som varken arbetar eller studerar och som vi inte når"


def load_demo(client: GatewayClient, folder: Path = DEMO_FOLDER) -> int:
    """Hand over what is not there yet, and wait until all of it can be found.

    Returns how many reports were new. Raises NotFound without a corpus.
    """
    sources = list(_sources(folder))
    if not sources:
        raise NotFound(f"There is no demonstration corpus in {folder}. Start with --no-demo.")
    new: list[Receipt] = []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        handing = progress.add_task("handing over", total=len(sources))
        waiting = progress.add_task("reading and indexing", total=len(sources))
        for source in sources:
            receipt, created = _submit(client, source)
            progress.advance(handing)
            if created or not receipt.status.final:
                new.append(receipt)
            else:
                progress.advance(waiting)
        for receipt in new:
            _await(client, receipt)
            progress.advance(waiting)
    return len(new)


def _sources(folder: Path) -> Iterator[Path | dict[str, Any]]:
    yield from sorted((folder / "documents").glob("*.meta.json"))
    for path in sorted((folder / "documents").glob("*.json")):
        if not path.name.endswith(".meta.json"):
            yield json.loads(path.read_bytes())
    for path in sorted((folder / "methods").glob("*.json")):
        yield from json.loads(path.read_bytes())


def _submit(client: GatewayClient, source: Path | dict[str, Any]) -> tuple[Receipt, bool]:
    if isinstance(source, dict):
        return client.submit_json(json.dumps(source).encode())
    stem = source.name.removesuffix(".meta.json")
    document = next(p for p in sorted(source.parent.glob(f"{stem}.*")) if p != source)
    return client.submit_document(document, json.loads(source.read_bytes()))


def _await(client: GatewayClient, receipt: Receipt) -> None:
    for entry in client.follow(receipt.report_id):
        if entry.status is ReportStatus.REJECTED:
            tell_error(f"{receipt.title} was rejected: {entry.detail}")
