"""`navigator webhooks`: be told when a report comes to a status."""

from typing import Annotated, Any

import typer
from rich.table import Table

from libs.events.report import ReportStatus
from libs.events.webhook import Attempt, DeliveryPage, NewWebhook, WebhookList, WebhookSecret
from navigator.terminal import AsJson, Url, console, gateway, print_json

PATH = "/v1/webhooks"
Id = Annotated[str, typer.Argument(help="The webhook's id: see `navigator webhooks list`.")]

app = typer.Typer(
    help="Be told when a report comes to a status (docs/guides/webhooks.md).", no_args_is_help=True
)


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="Where to send to: https://…")],
    event: Annotated[
        list[ReportStatus] | None,
        typer.Option(help="A status to be told of; may be repeated. Default: all."),
    ] = None,
    description: Annotated[str | None, typer.Option(help="For yourself.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Register a webhook. Its secret is shown now and not again."""
    body: dict[str, Any] = {"url": address, "description": description}
    if event:
        body["events"] = [status.value for status in event]
    with gateway(url) as client:
        answer = client.call("POST", PATH, body)
    if as_json:
        print_json(answer)
        return
    made = NewWebhook.model_validate(answer)
    _tell(f"registered: {made.id}")
    _tell(f"secret, shown only now: {made.secret}")


@app.command("list")
def list_webhooks(url: Url = None, as_json: AsJson = False) -> None:
    """List your webhooks, and whether they work."""
    with gateway(url) as client:
        answer = client.call("GET", PATH)
    if as_json:
        print_json(answer)
        return
    table = _table("id", "address", "events", "state")
    for each in WebhookList.model_validate(answer).items:
        events = " ".join(each.events) if len(each.events) < len(ReportStatus) else "all"
        state = each.disabled.reason if each.disabled else "enabled"
        if each.failing_since and each.enabled:
            state = f"failing since {each.failing_since:%Y-%m-%d %H:%M}"
        table.add_row(each.id, each.url, events, state)
    console.print(table)


@app.command("test")
def try_out(webhook: Id, url: Url = None, as_json: AsJson = False) -> None:
    """Send a test message and tell what came back. Exit code 1 if it did not get through."""
    with gateway(url) as client:
        answer = client.call("POST", f"{PATH}/{webhook}/test")
    found = Attempt.model_validate(answer)
    if as_json:
        print_json(answer)
    else:
        came = f"it answered {found.response_code}" if found.response_code else found.error
        state = "delivered" if found.delivered else "not delivered"
        _tell(f"{state}: {came}, {found.duration_ms} ms")
    if not found.delivered:
        raise typer.Exit(1)


@app.command()
def deliveries(webhook: Id, url: Url = None, as_json: AsJson = False) -> None:
    """List the latest messages, and how far each got."""
    with gateway(url) as client:
        answer = client.call("GET", f"{PATH}/{webhook}/deliveries")
    if as_json:
        print_json(answer)
        return
    table = _table("message", "type", "state", "answer", "attempts", "next")
    for each in DeliveryPage.model_validate(answer).items:
        came = str(each.response_code or each.error or "")
        at = f"{each.next_attempt_at:%Y-%m-%d %H:%M:%S}" if each.next_attempt_at else ""
        table.add_row(each.id, each.type, each.state, came, str(each.attempts), at)
    console.print(table)


@app.command()
def rotate(webhook: Id, url: Url = None, as_json: AsJson = False) -> None:
    """Make a new secret. The old one signs beside it for a while."""
    with gateway(url) as client:
        answer = client.call("POST", f"{PATH}/{webhook}/secret")
    if as_json:
        print_json(answer)
        return
    found = WebhookSecret.model_validate(answer)
    _tell(f"new secret, shown only now: {found.secret}")
    _tell(f"the old one signs too until {found.previous_until:%Y-%m-%d %H:%M} UTC")


@app.command()
def enable(webhook: Id, url: Url = None, as_json: AsJson = False) -> None:
    """Take a webhook up again that was disabled. What still waits is sent."""
    with gateway(url) as client:
        answer = client.call("PATCH", f"{PATH}/{webhook}", {"enabled": True})
    if as_json:
        print_json(answer)
    else:
        _tell("enabled")


@app.command()
def remove(webhook: Id, url: Url = None, as_json: AsJson = False) -> None:
    """Remove a webhook with its deliveries."""
    with gateway(url) as client:
        client.call("DELETE", f"{PATH}/{webhook}")
    if as_json:
        print_json({"removed": webhook})
    else:
        _tell("removed")


def _table(first: str, *others: str) -> Table:
    # Ids are copied from here into other commands, so they are never cut.
    table = Table(box=None)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, overflow="fold")
    return table


def _tell(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
