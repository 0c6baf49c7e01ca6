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
from libs.events.report import Outcome
from libs.taxonomy.labels import ids
from navigator.client import GatewayError
from navigator.terminal import AsJson, Url, console, gateway, print_json

_OUTCOMES = {
    Outcome.FAILED: "[red](did not work: see why)[/red]",
    Outcome.MIXED: "[yellow](worked in part)[/yellow]",
}


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
        base = client.url
    if as_json:
        print_json(answer.model_dump(mode="json"))
        return
    if answer.nothing_close or not answer.cards:
        console.print("The collection holds nothing on this yet.")
    if answer.nothing_close and answer.cards:
        console.print("The nearest it has, which may be about something else:")
    for number, card in enumerate(answer.cards, 1):
        _show(number, card, base)


def _request(
    challenge: str,
    language: str | None,
    country: list[str] | None,
    theme: list[str] | None,
    limit: int,
) -> RecommendationRequest:
    known = ids("themes")
    if unknown := [each for each in theme or () if each not in known]:
        raise GatewayError(f"There is no theme {unknown[0]}. There are: {', '.join(known)}.")
    if wrong := [each for each in country or () if not (len(each) == 2 and each.isalpha())]:  # noqa: PLR2004 - ISO 3166 alpha-2
        raise GatewayError(f"{wrong[0]} is no country code. Use two letters: SE, FI, EE …")
    countries = tuple(each.upper() for each in country or ())
    try:
        return RecommendationRequest(
            challenge=challenge,
            language=language,
            filters=Filters(countries=countries, themes=tuple(theme or ())),
            limit=limit,
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise GatewayError(f"{place}: {first['msg']}") from error


def _show(number: int, card: MethodCard, base: str) -> None:
    where = ", ".join(place.name or place.country for place in card.places)
    marks = [_OUTCOMES[card.outcome]] if card.outcome in _OUTCOMES else []
    marks += ["[yellow](illustrative example)[/yellow]"] if card.illustrative else []
    title = f"[bold]{number}. {escape(card.title)}[/bold]"
    console.print("\n" + " ".join((title, *marks)), highlight=False)
    organisation = card.organisation.name if card.organisation else ""
    facts = " · ".join(filter(None, (organisation, where, card.language)))
    console.print(f"   [dim]{escape(facts)}[/dim]", highlight=False)
    for method in card.methods[:1]:
        console.print(f"   [green]{escape(method.name)}[/green]", highlight=False)
        for step, text in enumerate(method.steps, 1):
            console.print(f"     {step}. {escape(text)}", highlight=False)
    for evidence in card.evidence[:1]:
        _show_evidence(evidence, base)


def _show_evidence(evidence: Evidence, base: str) -> None:
    page = f"p. {evidence.page}" if evidence.page else None
    place = " · ".join(filter(None, (evidence.heading, page)))
    quote = f"[italic]“{escape(evidence.quote)}”[/italic]"
    console.print(Padding(quote, (0, 3)), highlight=False)
    console.print(f"   {place}", style="dim", markup=False, highlight=False)
    console.print(f"   {base}{evidence.link}", style="dim", markup=False, soft_wrap=True)
