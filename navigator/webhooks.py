"""`navigator webhooks`: be told when a report comes to a status."""

import datetime as dt
from typing import Annotated, Any

import typer

from libs.events.report import ReportStatus
from libs.events.webhook import (
    Attempt,
    Delivery,
    DeliveryPage,
    NewWebhook,
    Webhook,
    WebhookList,
    WebhookSecret,
)
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
    for each in WebhookList.model_validate(answer).items:
        _tell(f"{each.id}  {each.url}\n  {' '.join(each.events)}: {_state(each)}")


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
    for each in DeliveryPage.model_validate(answer).items:
        _tell(f"{each.id}  {each.type}  {_progress(each)}")


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
    _tell(f"the old one signs too until {_moment(found.previous_until)}")


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


def _state(webhook: Webhook) -> str:
    if webhook.disabled:
        return f"disabled. {webhook.disabled.reason}"
    if webhook.failing_since:
        return f"failing since {_moment(webhook.failing_since)}"
    return "enabled"


def _progress(delivery: Delivery) -> str:
    came = delivery.response_code or delivery.error
    last = f": {came}, attempt {delivery.attempts}" if came else ""
    next_at = delivery.next_attempt_at
    return f"{delivery.state}{last}" + (f", next {_moment(next_at)}" if next_at else "")


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _tell(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
