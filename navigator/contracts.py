"""`navigator contracts`: the published documents, generated from the code."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from libs.errors import Conflict
from libs.events.asyncapi import asyncapi_document, event_schema, schema_name
from libs.events.topics import TOPICS
from navigator.terminal import console, telling_errors

FOLDER = Path("docs/contracts")
Folder = Annotated[Path, typer.Option(help="Where the documents are.")]

app = typer.Typer(help="Generate or check OpenAPI, AsyncAPI and schemas.", no_args_is_help=True)


@app.command()
def generate(folder: Folder = FOLDER) -> None:
    """Write the documents."""
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        console.print(f"wrote {path}")


@app.command()
def check(folder: Folder = FOLDER) -> None:
    """Exit code 1 if a document is not what the code says."""
    with telling_errors():
        wanted = documents()
        found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
        stale = [name for name, text in wanted.items() if not _is(folder / name, text)]
        stale += sorted(found - wanted.keys())
        if stale:
            raise Conflict(
                f"Not as the code says: {', '.join(stale)}. Run `navigator contracts generate`, "
                "read the difference, and commit it."
            )
        console.print(f"{len(wanted)} documents are as the code says")


def documents() -> dict[str, str]:
    """All documents by their path below the folder."""
    release = version("navigator-bsr")
    found: dict[str, Any] = {"openapi.json": _openapi()}
    found["asyncapi.json"] = asyncapi_document(release)
    for topic in TOPICS:
        found[f"schemas/{schema_name(topic)}"] = event_schema(topic.payload)
    return {
        name: json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        for name, value in found.items()
    }


def _openapi() -> dict[str, Any]:
    # Here and not above, so that the other commands start without the gateway's libraries.
    from libs.runtime.platform import Platform
    from libs.runtime.settings import PlatformSettings
    from services.gateway.app import new_gateway_app
    from services.gateway.settings import GatewaySettings

    return new_gateway_app(GatewaySettings(), Platform(PlatformSettings())).openapi()


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
