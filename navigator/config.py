"""`navigator config`: what can be set, and what is."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from rich.markup import escape
from rich.table import Table

from libs.errors import InvalidInput
from libs.runtime.settings import PlatformSettings, read_settings, variable
from navigator.terminal import AsJson, console, print_json, telling_errors
from services.embed.settings import EmbedSettings
from services.gateway.settings import GatewaySettings
from services.ingest.settings import IngestSettings
from services.recommend.settings import RecommendSettings

SETTINGS: tuple[type[BaseSettings], ...] = (
    PlatformSettings,
    IngestSettings,
    EmbedSettings,
    RecommendSettings,
    GatewaySettings,
)

# Read by tests and by `quality/`, not by the platform.
NOT_OURS = {"NAVIGATOR_DATA", "NAVIGATOR_TEST_MODEL_DIR"}

app = typer.Typer(help="Show or check the settings.", no_args_is_help=True)


@app.command()
def show(as_json: AsJson = False) -> None:
    """Print every setting: the variable's name, its value here, and what it is for."""
    rows = [row for settings in _read() for row in _rows(settings)]
    if as_json:
        print_json({name: value for name, value, _ in rows})
        return
    table = Table(box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value, purpose in rows:
        table.add_row(name, value or "[dim]–[/dim]")
        table.add_row("", f"[dim]{escape(purpose)}[/dim]")
    console.print(table)


@app.command()
def check() -> None:
    """Read all settings; exit code 1 and the reason if one is wrong."""
    with telling_errors():
        for problem in _problems(_read()):
            raise InvalidInput(problem)
    console.print("the settings are fine")


def _read() -> list[BaseSettings]:
    with telling_errors():
        return [read_settings(settings) for settings in SETTINGS]


def _problems(read: list[BaseSettings]) -> Iterator[str]:
    known = {row[0] for settings in read for row in _rows(settings)} | NOT_OURS
    for name in sorted(os.environ):
        if name.startswith("NAVIGATOR_") and name not in known:
            near = get_close_matches(name, known, n=1)
            yield f"There is no setting {name}." + (f" Is it {near[0]}?" if near else "")
    users: dict[int, str] = {}
    for name, value, _ in _rows(read[0]):
        if name.endswith("_PORT"):
            other = users.setdefault(int(value), name)
            if other != name:
                yield f"{other} and {name} are both {value}. Each needs a port of its own."


def _rows(settings: BaseSettings) -> list[tuple[str, str, str]]:
    kind = type(settings)
    return [
        (variable(kind, name), _shown(getattr(settings, name)), field.description or "")
        for name, field in kind.model_fields.items()
    ]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return "set, not shown" if isinstance(value, SecretStr) else str(value)
