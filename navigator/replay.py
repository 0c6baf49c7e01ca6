"""`navigator replay`: make the index anew from the SQL record."""

import datetime as dt
from typing import Annotated

import typer

from navigator.ingest_client import IngestUrl, ingest
from navigator.terminal import AsJson, console, print_json


def replay(
    since: Annotated[
        dt.datetime | None,
        typer.Option(
            help="Only reports that came in since then (UTC).",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    report: Annotated[str | None, typer.Option(help="Only the report with this id.")] = None,
    partner: Annotated[str | None, typer.Option(help="Only this partner's reports.")] = None,
    url: IngestUrl = None,
    as_json: AsJson = False,
) -> None:
    """Announce finished reports again, so that an index that was lost is made anew.

    For operators: it asks ingest itself, which is not open to the public. What the index has
    already is not made again.
    """
    moment = since.replace(tzinfo=dt.UTC) if since else None
    with ingest(url) as client:
        count = client.replay(report, partner, moment)
    if as_json:
        print_json({"reports": count})
    else:
        console.print(f"{count} reports are on their way to the index", highlight=False)
