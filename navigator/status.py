"""`navigator status`: how the platform is."""

import typer
from rich.table import Table

from navigator.terminal import AsJson, Url, console, gateway, print_json


def status(url: Url = None, as_json: AsJson = False) -> None:
    """Show each service with what it depends on, and how many reports stand where.

    Exit code 1 if something is not ready.
    """
    with gateway(url) as client:
        answer = client.status()
    if as_json:
        print_json(answer)
    else:
        table = Table("service", "ready", "dependencies", box=None)
        for name, service in answer["services"].items():
            found = ", ".join(f"{key}: {value}" for key, value in service["dependencies"].items())
            table.add_row(name, "yes" if service["ready"] else "[red]no[/red]", found)
        console.print(table)
        counts = answer["reports"]
        told = ", ".join(f"{count} {name}" for name, count in counts.items()) if counts else "?"
        console.print(f"\nreports: {told}", highlight=False)
    if not answer["ready"]:
        raise typer.Exit(1)
