"""`navigator config`: what can be set, and what is."""

from typing import Any

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from rich.table import Table

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

app = typer.Typer(help="Show or check the settings.", no_args_is_help=True)


@app.command()
def show(as_json: AsJson = False) -> None:
    """Print every setting: the variable's name, its value here, and what it is for."""
    rows = [row for settings in _read() for row in _rows(settings)]
    if as_json:
        print_json({name: value for name, value, _ in rows})
        return
    table = Table("variable", "value", "what for", box=None)
    for row in rows:
        table.add_row(*row)
    console.print(table)


@app.command()
def check() -> None:
    """Read all settings; exit code 1 and the reason if one is wrong."""
    _read()
    console.print("the settings are fine")


def _read() -> list[BaseSettings]:
    with telling_errors():
        return [read_settings(settings) for settings in SETTINGS]


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
