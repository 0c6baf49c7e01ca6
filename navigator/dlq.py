"""`navigator dlq`: look at dead letters, send them back, or drop them."""

import json
from typing import Annotated

import typer

from libs.events.letters import MAX_REASON, LetterPage, Retried, WholeLetter
from navigator.ingest_client import IngestClient, IngestUrl, ingest
from navigator.terminal import AsJson, console, print_json, tell_error

app = typer.Typer(
    help="Dead letters: events that could not be handled, ours and those of partners' topics.",
    no_args_is_help=True,
)

LetterId = Annotated[str, typer.Argument(help="topic:partition:offset, as `dlq list` prints it.")]
OfTopic = Annotated[str | None, typer.Option("--topic", help="Only of this dead-letter topic.")]
OfCode = Annotated[str | None, typer.Option("--code", help="Only with this stable error code.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
SHOWN_REASON = 200


@app.command("list")
def list_letters(
    topic: OfTopic = None,
    code: OfCode = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="The newest so many.")] = 50,
    url: IngestUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the letters that nobody has dealt with, the newest last."""
    with ingest(url) as client:
        page = client.letters(topic, code, limit)
    if as_json:
        print_json(page.model_dump(mode="json"))
    else:
        _print_page(page)


@app.command()
def show(letter: LetterId, url: IngestUrl = None, as_json: AsJson = False) -> None:
    """Show a letter with its headers and its message, which may hold what a report says."""
    with ingest(url) as client:
        found = client.letter(letter)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_letter(found)


@app.command()
def retry(
    letter: Annotated[str | None, typer.Argument(help="One letter's id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that nobody has dealt with.")] = False,
    topic: OfTopic = None,
    code: OfCode = None,
    again: Annotated[bool, typer.Option("--again", help="Also if it was dealt with.")] = False,
    yes: Yes = False,
    url: IngestUrl = None,
    as_json: AsJson = False,
) -> None:
    """Send letters back to where they came from, as they were.

    Mend the cause first. Exit code 1 if one could not be sent.
    """
    if (letter is None) == (not every) or (letter and (topic or code)):
        raise typer.BadParameter("Name one letter, or say --all, with --topic and --code to choose")
    with ingest(url) as client:
        if letter is not None:
            done = client.retry(letter, again=again)
        else:
            if not yes:
                waiting = client.letters(topic, code, 1).total
                typer.confirm(f"Send {waiting} letters back?", abort=True, err=True)
            done = _retry_all(client, topic, code)
    if as_json:
        print_json(done.model_dump(mode="json"))
    else:
        console.print(f"letters sent back: {done.retried}", highlight=False)
        for letter_id, why in done.failed.items():
            tell_error(f"{letter_id}: {why}")
    if done.failed or not done.complete:
        raise typer.Exit(1)


@app.command()
def drop(
    letter: LetterId,
    reason: Annotated[str, typer.Option(prompt=True, help="Why; it is kept with the letter's id.")],
    yes: Yes = False,
    url: IngestUrl = None,
) -> None:
    """Deal with a letter by not sending it back."""
    if not 0 < len(reason.strip()) <= MAX_REASON:
        raise typer.BadParameter(f"A reason has 1 to {MAX_REASON} characters")
    with ingest(url) as client:
        if not yes:
            found = client.letter(letter)
            typer.confirm(f"Drop {letter} ({found.code}: {found.reason})?", abort=True, err=True)
        client.drop(letter, reason)
    console.print(f"{letter} is dropped", highlight=False)


def _retry_all(client: IngestClient, topic: str | None, code: str | None) -> Retried:
    """Call until there is nothing left, or a call sends nothing: then the next would not either."""
    whole = Retried(retried=0, failed={}, complete=False)
    while True:
        done = client.retry_all(topic, code)
        whole = Retried(
            retried=whole.retried + done.retried,
            failed=whole.failed | done.failed,
            complete=done.complete,
        )
        if done.complete or not done.retried:
            return whole


def _print_page(page: LetterPage) -> None:
    for item in page.items:
        retried = f", sent back {item.retried} times before" if item.retried else ""
        console.print(item.id, style="bold", markup=False, highlight=False, soft_wrap=True)
        _print_line(
            f"  {item.time:%Y-%m-%d %H:%M:%S} UTC, {item.group or 'somebody'} gave up after "
            f"{item.attempts or '?'} tries{retried}; key {item.key or '(none)'}"
        )
        _print_line(f"  {item.error} {item.code}: {item.reason[:SHOWN_REASON]}")
    more = "" if page.complete else " or more: the time was up before all were read"
    _print_line(f"{page.total} dead letters{more}")


def _print_letter(letter: WholeLetter) -> None:
    for name, value in letter.model_dump(exclude={"headers", "value", "text", "handled"}).items():
        _print_line(f"{name}: {'' if value is None else value}")
    if letter.handled is not None:
        done = letter.handled
        why = f": {done.reason}" if done.reason else ""
        _print_line(f"{done.verdict} at {done.at:%Y-%m-%d %H:%M:%S} UTC{why}")
    _print_line("headers:")
    for name, value in letter.headers:
        _print_line(f"  {name}: {value}")
    tell_error("What follows is the message itself. It may hold what a report says.")
    _print_line(_readable(letter))


def _readable(letter: WholeLetter) -> str:
    if letter.text is None:
        return letter.value.hex(" ", 2)
    try:
        return json.dumps(json.loads(letter.text), ensure_ascii=False, indent=2)
    except ValueError:
        return letter.text


def _print_line(text: str) -> None:
    console.print(_seen(text), markup=False, highlight=False, soft_wrap=True)


def _seen(text: str) -> str:
    # Whoever wrote the message may mean to steer this terminal: marks are shown, not sent.
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
