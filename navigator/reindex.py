"""`navigator reindex`: change the embedding model without a stop."""

import time
from typing import Annotated, Literal

import typer
from rich.live import Live

from libs.events.reindex import ReindexRequest, ReindexStatus
from navigator.client import GatewayError
from navigator.embed_client import EmbedClient, EmbedUrl, embed
from navigator.terminal import AsJson, console, print_json

app = typer.Typer(help="Change the embedding model without a stop.", no_args_is_help=False)
LOOK_S = 0.5


@app.callback(invoke_without_command=True)
def reindex(
    context: typer.Context,
    engine: Annotated[
        str | None, typer.Option(help="As NAVIGATOR_EMBED_ENGINE. Default: as it is set.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="As NAVIGATOR_EMBED_MODEL. Default: as it is set.")
    ] = None,
    correction: Annotated[
        Literal["means", "none"] | None,
        typer.Option(help="As NAVIGATOR_EMBED_CORRECTION. Default: as it is set."),
    ] = None,
    hold: Annotated[
        bool, typer.Option("--hold", help="Do not switch readers: `navigator reindex switch` does.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is complete, and show how far.")] = True,
    url: EmbedUrl = None,
    as_json: AsJson = False,
) -> None:
    """Build a new collection with another model, and read it once it is complete.

    For operators: it asks embed itself. The old collection answers meanwhile and is kept until
    `navigator reindex confirm`. Ctrl-C ends only the watching; the same command watches again.
    """
    if context.invoked_subcommand is not None:
        return
    if engine is model is correction is None:
        raise typer.BadParameter("say what to change: --engine, --model or --correction")
    request = ReindexRequest(engine=engine, model=model, correction=correction, hold=hold)
    with embed(url) as client:
        found = client.reindex(request)
        if wait:
            found = _watch(client, found, quiet=as_json)
    _tell(found, as_json=as_json)


@app.command()
def status(url: EmbedUrl = None, as_json: AsJson = False) -> None:
    """Show how far a re-index is, and which collections there are."""
    with embed(url) as client:
        _tell(client.reindex_status(), as_json=as_json)


@app.command()
def switch(url: EmbedUrl = None, as_json: AsJson = False) -> None:
    """Read the new collection, once it is complete, from now on. The old one is kept."""
    _take("switch", url, as_json=as_json)


@app.command()
def confirm(url: EmbedUrl = None, as_json: AsJson = False) -> None:
    """Remove the collection that is not read any more."""
    _take("confirm", url, as_json=as_json)


@app.command()
def rollback(url: EmbedUrl = None, as_json: AsJson = False) -> None:
    """Read the collection before the last switch again. It is up to date."""
    _take("rollback", url, as_json=as_json)


@app.command()
def cancel(url: EmbedUrl = None, as_json: AsJson = False) -> None:
    """Give up the collection that is being built."""
    _take("cancel", url, as_json=as_json)


def _take(step: str, url: str | None, *, as_json: bool) -> None:
    with embed(url) as client:
        _tell(client.reindex_step(step), as_json=as_json)


def _watch(client: EmbedClient, found: ReindexStatus, *, quiet: bool) -> ReindexStatus:
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while found.phase in {"building", "checking"}:
            if not quiet:
                live.update(_line(found), refresh=True)
            time.sleep(LOOK_S)
            found = client.reindex_status()
    if found.phase == "none":
        raise GatewayError("The re-index was cancelled.")
    return found


def _line(found: ReindexStatus) -> str:
    told = (
        f"{found.phase}: {found.reports} of {found.reports_total} reports, "
        f"{found.passages} of {found.passages_total} passages"
    )
    if found.passages_per_s:
        told += f", {found.passages_per_s:.0f}/s"
    if found.remaining_s is not None:
        minutes, seconds = divmod(round(found.remaining_s), 60)
        told += f", about {minutes}:{seconds:02} left"
    return told + (f" (waits: {found.trouble})" if found.trouble else "")


def _tell(found: ReindexStatus, *, as_json: bool) -> None:
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    _print(f"read      {found.active.name}: {found.active.model}")
    if found.building is not None:
        _print(f"building  {found.building.name}: {found.building.model}")
    if found.remark is not None:
        _print(f"mind      {found.remark}")
    if found.previous is not None:
        _print(f"kept      {found.previous.name}: {found.previous.model}")
    if found.phase in {"building", "checking", "complete"}:
        _print(_line(found))
    if found.phase == "complete":
        _print("`navigator reindex switch` has it read")
    if found.phase == "switched":
        _print("`navigator reindex confirm` removes what is kept, `… rollback` goes back to it")


def _print(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
