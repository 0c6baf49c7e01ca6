"""`navigator contracts`: the published documents, generated from the code."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from libs.errors import Conflict
from libs.events.asyncapi import asyncapi_document
from libs.events.schemas import published_schemas
from navigator.released import RELEASED, broken, released_schemas, write_release
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
        there = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        found = {str(path) for path in there if path.parts[0] != RELEASED}
        stale = [name for name, text in wanted.items() if not _is(folder / name, text)]
        stale += sorted(found - wanted.keys())
        if stale:
            raise Conflict(
                f"Not as the code says: {', '.join(stale)}. Run `navigator contracts generate`, "
                "read the difference, and commit it."
            )
        console.print(f"{len(wanted)} documents are as the code says")


@app.command()
def compatible(
    folder: Folder = FOLDER,
    against: Annotated[
        str | None,
        typer.Option(help="Git revision or folder to compare with. Default: what was released."),
    ] = None,
) -> None:
    """Exit code 1 if a schema breaks what was promised of it, with topic, pointer and rule."""
    with telling_errors():
        before = released_schemas(folder, against)
        _refuse(broken(before))
        console.print(f"{len(before)} released schemas are kept to")


@app.command()
def release(
    folder: Folder = FOLDER,
    breaking: Annotated[
        bool, typer.Option("--breaking", help="Also if it breaks what was released before.")
    ] = False,
) -> None:
    """Keep the schemas as they are now as the ones that later ones are compared with."""
    with telling_errors():
        if not breaking and (folder / RELEASED).is_dir():
            _refuse(broken(released_schemas(folder, None)))
        for path in write_release(folder):
            console.print(f"wrote {path}")


def _refuse(lines: list[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if lines:
        raise Conflict(
            f"{len(lines)} changes break what was released. Make the change additive, or make a "
            "topic of the next version beside this one."
        )


def documents() -> dict[str, str]:
    """All documents by their path below the folder."""
    release = version("navigator-bsr")
    found: dict[str, Any] = {"openapi.json": _openapi()}
    found["asyncapi.json"] = asyncapi_document(release)
    for published in published_schemas():
        found[f"schemas/{published.name}"] = published.schema
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
