"""Loads the demonstration corpus through the gateway, as any partner would hand it over."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from libs.errors import NotFound, Unavailable
from libs.events.report import Receipt
from navigator.client import GatewayClient
from navigator.terminal import console, tell_error

DEMO_FOLDER = Path(__file__).resolve().parents[1] / "data" / "demo"
LOOK_EVERY_S = 0.05
EXAMPLE = "Unga som varken arbetar eller studerar och som vi inte når"


def load_demo(
    client: GatewayClient, failed_part: Callable[[], str | None], folder: Path = DEMO_FOLDER
) -> int:
    """Hand over what was never there, and wait until all of it is finished.

    Returns how many reports were new. Raises NotFound without a corpus, Unavailable when a part
    of the platform fails meanwhile, GatewayError when the gateway does not answer.
    """
    corpus = list(sources(folder))
    if not corpus:
        raise NotFound(f"There is no demonstration corpus in {folder}. Start with --no-demo.")
    # What is there stays as it is, also what was withdrawn.
    there = {receipt.external_id: receipt for receipt in client.reports()}
    new = [source for source in corpus if _external_id(source) not in there]
    waiting = [receipt for receipt in there.values() if not receipt.status.final]
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        handing = progress.add_task("handing over", total=len(new))
        for source in new:
            waiting.append(_submit(client, source))
            progress.advance(handing)
        indexing = progress.add_task("reading and indexing", total=len(waiting))
        pause = threading.Event()
        while waiting:
            if failed := failed_part():
                raise Unavailable(f"{failed} failed; see the log above.")
            receipt = client.receipt(waiting[0].report_id)
            if receipt.status.final:
                waiting.pop(0)
                progress.advance(indexing)
                _tell_rejection(receipt)
            else:
                pause.wait(LOOK_EVERY_S)
    return len(new)


def sources(folder: Path) -> Iterator[Path | dict[str, Any]]:
    """The corpus: documents by their metadata file, and reports that are JSON as a whole."""
    yield from sorted((folder / "documents").glob("*.meta.json"))
    for path in sorted((folder / "documents").glob("*.json")):
        if not path.name.endswith(".meta.json"):
            yield json.loads(path.read_bytes())
    for path in sorted((folder / "methods").glob("*.json")):
        yield from json.loads(path.read_bytes())


def document_of(metadata: Path) -> Path:
    """The document that a metadata file of the corpus stands beside."""
    stem = metadata.name.removesuffix(".meta.json")
    return next(path for path in sorted(metadata.parent.glob(f"{stem}.*")) if path != metadata)


def _external_id(source: Path | dict[str, Any]) -> str:
    metadata = json.loads(source.read_bytes()) if isinstance(source, Path) else source
    return str(metadata["external_id"])


def _submit(client: GatewayClient, source: Path | dict[str, Any]) -> Receipt:
    if isinstance(source, dict):
        return client.submit_json(json.dumps(source).encode())[0]
    return client.submit_documents([document_of(source)], json.loads(source.read_bytes()))[0]


def _tell_rejection(receipt: Receipt) -> None:
    if receipt.rejection:
        tell_error(f"{receipt.title} was rejected: {receipt.rejection.reason_en}")
