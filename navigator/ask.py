"""`navigator ask`: describe a challenge."""

from typing import Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.padding import Padding

from libs.events.recommendation import (
    Evidence,
    Filters,
    MethodCard,
    RecommendationRequest,
)
from navigator.client import GatewayError
from navigator.terminal import AsJson, Url, console, gateway, print_json


def ask(
    challenge: Annotated[str, typer.Argument(help="The challenge, in your own words.")],
    language: Annotated[
        str | None, typer.Option(help="The challenge's language, if the guess should be left out.")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option(help="Only from this country (SE, FI …); repeatable.")
    ] = None,
    theme: Annotated[
        list[str] | None, typer.Option(help="Only this theme (youth-neet …); repeatable.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most projects to show.")] = 5,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Ask in any of the ten languages; get methods that worked elsewhere, with their evidence."""
    with gateway(url) as client:
        answer = client.ask(_request(challenge, language, country, theme, limit))
    if as_json:
        print_json(answer.model_dump(mode="json"))
        return
    if not answer.cards:
        console.print("The collection holds nothing on this yet.")
    for number, card in enumerate(answer.cards, 1):
        _show(number, card)


def _request(
    challenge: str,
    language: str | None,
    country: list[str] | None,
    theme: list[str] | None,
    limit: int,
) -> RecommendationRequest:
    try:
        filters = Filters(countries=tuple(country or ()), themes=tuple(theme or ()))
        return RecommendationRequest(
            challenge=challenge, language=language, filters=filters, limit=limit
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise GatewayError(f"{place}: {first['msg']}") from error


def _show(number: int, card: MethodCard) -> None:
    where = ", ".join(place.name or place.country for place in card.places)
    mark = " [yellow](illustrative example)[/yellow]" if card.illustrative else ""
    console.print(f"\n[bold]{number}. {escape(card.title)}[/bold]{mark}", highlight=False)
    organisation = card.organisation.name if card.organisation else ""
    facts = " · ".join(filter(None, (organisation, where, card.language)))
    console.print(f"   [dim]{escape(facts)}[/dim]", highlight=False)
    for method in card.methods[:1]:
        console.print(f"   [green]{escape(method.name)}[/green]", highlight=False)
        for step, text in enumerate(method.steps, 1):
            console.print(f"     {step}. {escape(text)}", highlight=False)
    for evidence in card.evidence[:1]:
        _show_evidence(evidence)


def _show_evidence(evidence: Evidence) -> None:
    page = f"p. {evidence.page}" if evidence.page else None
    place = " · ".join(filter(None, (evidence.heading, page)))
    console.print(Padding(f"[italic]“{escape(evidence.quote)}”[/italic]", (0, 3)), highlight=False)
    console.print(f"   [dim]{escape(place)}  {evidence.link}[/dim]", highlight=False)
