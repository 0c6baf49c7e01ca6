"""`navigator config`: what can be set, and what is."""

from typing import Any

import typer
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings
from rich.table import Table

from libs.runtime.settings import PlatformSettings
from navigator.terminal import AsJson, console, errors, print_json
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
    read: list[BaseSettings] = []
    for settings in SETTINGS:
        try:
            read.append(settings())
        except ValidationError as error:
            prefix = settings.model_config.get("env_prefix", "")
            for found in error.errors():
                name = f"{prefix}{'_'.join(str(part) for part in found['loc'])}".upper()
                errors.print(f"[red]{name}: {found['msg']}[/red]", highlight=False)
            raise typer.Exit(1) from error
    return read


def _rows(settings: BaseSettings) -> list[tuple[str, str, str]]:
    prefix = settings.model_config.get("env_prefix", "")
    return [
        (f"{prefix}{name}".upper(), _shown(getattr(settings, name)), field.description or "")
        for name, field in type(settings).model_fields.items()
    ]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return "set, not shown" if isinstance(value, SecretStr) else str(value)
