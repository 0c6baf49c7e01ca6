"""Ingest as operators' commands use it; it is not open to the public."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from libs.events.account import IntakeAccount, Repaired
from libs.events.letters import LetterPage, Retried, WholeLetter
from libs.runtime.settings import PlatformSettings, read_settings
from navigator.client import GatewayClient, GatewayError
from navigator.terminal import telling_errors

IngestUrl = Annotated[
    str | None,
    typer.Option("--url", help="Ingest's address. Default: as the settings say."),
]
LETTER_ID = re.compile(r"(?P<topic>[\w.-]+):(?P<partition>\d{1,9}):(?P<offset>\d{1,18})", re.ASCII)
# Ingest reads the collection, or all dead letters, before it answers.
LONG_S = 60.0
Parameters = dict[str, str]


class IngestClient(GatewayClient):
    """Talks to ingest itself. Raises GatewayError for everything that goes wrong."""

    def replay(self, report_id: str | None, partner: str | None, since: dt.datetime | None) -> int:
        """Have reports announced again; returns how many."""
        moment = since.isoformat() if since else None
        wanted = _given(report_id=report_id, partner=partner, since=moment)
        answer = self._post("/internal/replay", params=wanted, timeout_s=600.0)
        return int(answer.json()["reports"])

    def account(self, scope: Parameters, *, check: bool = True) -> IntakeAccount:
        """What was taken in and what became of it; `scope` may hold partner, from and to."""
        parameters = {**scope, "check": str(check).lower()}
        found = self._get("/v1/accounts/intake", parameters, timeout_s=LONG_S)
        return IntakeAccount.model_validate_json(found.content)

    def repair(self, scope: Parameters) -> Repaired:
        """Have what differs from the record announced again."""
        found = self._post("/internal/accounts/intake/repair", params=scope, timeout_s=LONG_S)
        return Repaired.model_validate_json(found.content)

    def letters(self, topic: str | None, code: str | None, limit: int) -> LetterPage:
        """The newest dead letters that nobody has dealt with."""
        wanted = _given(topic=topic, code=code, limit=str(limit))
        found = self._get("/internal/dead-letters", wanted, timeout_s=LONG_S)
        return LetterPage.model_validate_json(found.content)

    def letter(self, letter_id: str) -> WholeLetter:
        """One dead letter with its bytes."""
        return WholeLetter.model_validate_json(self._get(_path(letter_id)).content)

    def retry(self, letter_id: str, *, again: bool) -> Retried:
        """Send one letter back to where it came from."""
        parameters = {"again": str(again).lower()}
        found = self._post(f"{_path(letter_id)}/retry", params=parameters, timeout_s=LONG_S)
        return Retried.model_validate_json(found.content)

    def retry_all(self, topic: str | None, code: str | None) -> Retried:
        """Send back as many letters as one call takes."""
        wanted = _given(topic=topic, code=code)
        found = self._post("/internal/dead-letters/retry", params=wanted, timeout_s=LONG_S)
        return Retried.model_validate_json(found.content)

    def drop(self, letter_id: str, reason: str) -> None:
        """Note that a letter is not to be sent back."""
        self._post(f"{_path(letter_id)}/drop", json={"reason": reason}, timeout_s=LONG_S)


@contextmanager
def ingest(url: str | None) -> Iterator[IngestClient]:
    """A client for a command; its errors end the command with exit code 1."""
    with (
        telling_errors(),
        IngestClient(url or read_settings(PlatformSettings).url_of("ingest")) as client,
    ):
        yield client


def _path(letter_id: str) -> str:
    found = LETTER_ID.fullmatch(letter_id)
    if found is None:
        raise GatewayError(
            f"{letter_id} is no dead letter's id. An id looks like reports.accepted.v1.dlq:0:7; "
            "`navigator dlq list` prints them."
        )
    return "/internal/dead-letters/{topic}/{partition}/{offset}".format(**found.groupdict())


def _given(**parameters: str | None) -> Parameters:
    return {name: value for name, value in parameters.items() if value is not None}
