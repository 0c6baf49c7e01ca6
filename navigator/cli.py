"""The command line: one file per command or group."""

from importlib.metadata import version
from typing import Annotated

import typer

from navigator import config, contracts, dlq, reindex, webhooks
from navigator.account import account
from navigator.ask import ask
from navigator.import_reports import import_reports
from navigator.push import push
from navigator.replay import replay
from navigator.status import status
from navigator.unmet import unmet
from navigator.up import up

app = typer.Typer(
    help="Social Innovation Navigator: collect, sort and transfer methods that worked.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        typer.echo(version("navigator-bsr"))
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Social Innovation Navigator: collect, sort and transfer methods that worked."""


app.command()(up)
app.command()(push)
app.command("import")(import_reports)
app.command()(ask)
app.command()(status)
app.command()(replay)
app.command()(account)
app.command()(unmet)
app.add_typer(dlq.app, name="dlq")
app.add_typer(config.app, name="config")
app.add_typer(contracts.app, name="contracts")
app.add_typer(reindex.app, name="reindex")
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    """Entry point of the `navigator` command."""
    app()
