"""What the commands share: options, consoles, and errors that end a command."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from libs.errors import NavigatorError
from libs.runtime.settings import PlatformSettings, read_settings
from navigator.client import GatewayClient, GatewayError

Url = Annotated[
    str | None,
    typer.Option(help="The gateway's address. Default: as the NAVIGATOR_GATEWAY_… settings say."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

console = Console()
errors = Console(stderr=True)


def print_json(value: Any) -> None:
    """One JSON document on standard output, as it is, for other programs to read."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def gateway(url: str | None) -> Iterator[GatewayClient]:
    """A client for a command; its errors end the command with exit code 1."""
    with (
        telling_errors(),
        GatewayClient(url or read_settings(PlatformSettings).url_of("gateway")) as client,
    ):
        yield client


@contextmanager
def telling_errors() -> Iterator[None]:
    """Errors that are the user's to mend are told in a sentence, without a traceback."""
    try:
        yield
    except (GatewayError, NavigatorError) as error:
        tell_error(str(error))
        raise typer.Exit(1) from error


def tell_error(text: str) -> None:
    """A sentence on standard error, as it is: not wrapped, and brackets in it are no markup."""
    errors.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
