"""`navigator up`: run the platform, or parts of it."""

import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Annotated

import httpx
import typer

from libs.errors import InvalidInput, Unavailable
from libs.runtime.runner import Runner
from libs.runtime.settings import SERVICE_NAMES, PlatformSettings, read_settings
from libs.telemetry.logs import setup_logs
from navigator.all_in_one import ALL, running
from navigator.client import GatewayClient
from navigator.demo import EXAMPLE, load_demo
from navigator.terminal import console, telling_errors

READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.05


class _Stopped(BaseException):
    """Ctrl-C or SIGTERM. Not an Exception, so that nothing on the way swallows it."""


def up(
    services: Annotated[
        list[str] | None,
        typer.Argument(help=f"Parts to run: {', '.join(ALL)}. Default: all of them."),
    ] = None,
    demo: Annotated[
        bool, typer.Option(help="Load the demonstration corpus, unless it is there already.")
    ] = False,
) -> None:
    """Run the platform until Ctrl-C. Data is kept and found again at the next start.

    Without names everything runs in this process, on embedded parts. Settings are NAVIGATOR_…
    variables: see `navigator config show`.
    """
    with telling_errors():
        names = _chosen(services)
        settings = read_settings(PlatformSettings)
        setup_logs(settings.log_format, settings.log_level)
        signal.signal(signal.SIGINT, _on_signal)
        signal.signal(signal.SIGTERM, _on_signal)
        failure: str | None = None
        try:
            with running(names, settings) as runner:
                failure = _run(runner, names, settings, demo=demo)
        except _Stopped:
            pass
    if failure:
        raise typer.Exit(1)
    console.print("stopped; the data is kept")


def _chosen(services: list[str] | None) -> Sequence[str]:
    names = services or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise InvalidInput(f"There is no part {unknown[0]}. There are: {', '.join(ALL)}.")
    return names


def _run(
    runner: Runner, names: Sequence[str], settings: PlatformSettings, *, demo: bool
) -> str | None:
    try:
        started = time.monotonic()
        _await_ready(names, settings, runner)
        console.print(f"ready in {time.monotonic() - started:.1f} s", highlight=False)
        if demo:
            with GatewayClient(settings.url_of("gateway")) as client:
                new = load_demo(client)
            told = f"{new} reports loaded" if new else "already there, nothing loaded"
            console.print(f"demonstration corpus (illustrative examples): {told}", highlight=False)
        if "gateway" in names:
            _tell_addresses(settings)
        return runner.wait()
    except _Stopped:
        # A second Ctrl-C must not cut the clean end short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        console.print("\nstopping …")
        return None


def _await_ready(names: Sequence[str], settings: PlatformSettings, runner: Runner) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    waiting = [name for name in SERVICE_NAMES if name in names]
    pause = threading.Event()
    with httpx.Client(trust_env=False, timeout=5.0) as http:
        while waiting:
            url = settings.url_of(waiting[0])
            trouble = _trouble(http, url)
            if trouble is None:
                waiting.pop(0)
            elif failed := runner.failed_part():
                raise Unavailable(f"{failed} failed at its start; see the log above.")
            elif time.monotonic() > deadline:
                raise Unavailable(f"{waiting[0]} is not ready after a minute: {trouble}")
            else:
                pause.wait(LOOK_EVERY_S)


def _trouble(http: httpx.Client, url: str) -> str | None:
    try:
        answer = http.get(f"{url}/readyz")
    except httpx.HTTPError as error:
        return type(error).__name__
    return None if answer.is_success else answer.text


def _tell_addresses(settings: PlatformSettings) -> None:
    url = settings.url_of("gateway")
    command = "navigator" if shutil.which("navigator") else sys.argv[0]
    console.print(
        f"\n  page       {url}/\n  API        {url}/docs\n  traces     {url}/ops/traces\n\n"
        f'try        {command} ask "{EXAMPLE}"\nstop       Ctrl-C\n',
        highlight=False,
    )


def _on_signal(_number: int, _frame: object) -> None:
    raise _Stopped
