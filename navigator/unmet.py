"""`navigator unmet`: what people asked for and nothing was found."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from navigator.recommend_client import RecommendUrl, recommend
from navigator.terminal import AsJson, console, print_json


def unmet(
    country: Annotated[str | None, typer.Option(help="Only of this country (ISO 3166).")] = None,
    theme: Annotated[str | None, typer.Option(help="Only near this theme.")] = None,
    language: Annotated[str | None, typer.Option(help="Only asked in this language.")] = None,
    since: Annotated[str | None, typer.Option(help="From this day on: YYYY-MM-DD.")] = None,
    url: RecommendUrl = None,
    as_json: AsJson = False,
) -> None:
    """List challenges that nothing was found for, oldest first, with their words.

    For operators: it asks recommend itself. The words may say more of a person than was taken
    out of them, and are not published.
    """
    named = {"country": country, "theme": theme, "language": language, "since": since}
    wanted = {name: value for name, value in named.items() if value is not None}
    with recommend(url) as client:
        needs = list(client.unmet_needs(wanted))
    if as_json:
        print_json([need.model_dump(mode="json") for need in needs])
        return
    table = Table("day", "country", "language", "themes", "challenge", box=None)
    for need in needs:
        cells = (need.country or "–", need.language or "–", ", ".join(need.themes) or "–")
        table.add_row(str(need.day), *cells, escape(need.text))
    console.print(table)
