"""The few words that the built documents add to a report, in its own language."""

from typing import Any

_ILLUSTRATIVE = {
    "da": "Illustrativ rapport – ikke et virkeligt projekt",
    "de": "Illustrativer Bericht – kein wirkliches Projekt",
    "en": "Illustrative report – not a real project",
    "et": "Näidisaruanne – ei ole päris projekt",
    "fi": "Havainnollistava raportti – ei todellinen hanke",
    "lt": "Iliustracinė ataskaita – ne tikras projektas",
    "lv": "Ilustratīvs pārskats – nav īsts projekts",
    "nb": "Illustrativ rapport – ikke et virkelig prosjekt",
    "pl": "Raport ilustracyjny – nie jest to prawdziwy projekt",
    "sv": "Illustrativ rapport – inte ett verkligt projekt",
}


def illustrative(metadata: dict[str, Any]) -> str:
    """Return the line that says that the report is an example."""
    return _ILLUSTRATIVE[metadata["language"]]


def byline(metadata: dict[str, Any]) -> str:
    """Return who did it and where: the lead organisation and the places."""
    places = [place["name"] for place in metadata.get("places", ()) if place.get("name")]
    return " · ".join([metadata["lead_organisation"]["name"], *places])


def facts(metadata: dict[str, Any]) -> str:
    """Return the programme, the years and the budget, without words to translate."""
    budget, period = metadata["budget"], metadata["period"]
    amount = f"{budget['amount']:,}".replace(",", "\u00a0")
    years = f"{period['start'][:4]}–{period['end'][:4]}"
    return " · ".join([metadata["programme"], years, f"{amount}\u00a0{budget['currency']}"])
