"""The one shape of a service: an ASGI app, the workers beside it, and what to close after."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import ASGIApp

Check = Callable[[], str | None]
"""Asks one dependency; None when it is well, otherwise what is wrong."""


class Worker(Protocol):
    """Something that runs beside the HTTP app in a thread of its own."""

    @property
    def name(self) -> str:
        """For logs and `/readyz`."""

    def start(self) -> None:
        """Begin to work."""

    def stop(self, timeout: float) -> object:
        """Finish what is in hand and end within `timeout` seconds."""

    def health(self) -> str | None:
        """None when all is well, otherwise what is wrong at the moment."""

    def failed(self) -> bool:
        """True when it ended for good, which ends the process."""


@dataclass(frozen=True, slots=True)
class Service:
    """What `build(settings, platform)` of each service returns and the runner runs."""

    name: str
    app: ASGIApp
    workers: tuple[Worker, ...] = ()
    closers: tuple[Callable[[], None], ...] = field(default=())
