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

from libs.errors import InvalidInput, NavigatorError
from libs.runtime.runner import Runner
from libs.runtime.settings import SERVICE_NAMES, PlatformSettings, read_settings
from libs.telemetry.logs import setup_logs
from navigator.all_in_one import ALL, running
from navigator.client import GatewayClient, GatewayError
from navigator.demo import EXAMPLE, load_demo
from navigator.terminal import console, tell_error, telling_errors

TELL_AFTER_S = 15.0
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
    failure: str | None = None
    with telling_errors():
        names = _chosen(services)
        settings = read_settings(PlatformSettings)
        setup_logs(settings.log_format, settings.log_level)
        signal.signal(signal.SIGINT, _on_signal)
        signal.signal(signal.SIGTERM, _on_signal)
        try:
            failure = _run(names, settings, demo=demo)
        except _Stopped:
            console.print("stopped; the data is kept")
    if failure:
        raise typer.Exit(1)


def _chosen(services: list[str] | None) -> Sequence[str]:
    names = services or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise InvalidInput(f"There is no part {unknown[0]}. There are: {', '.join(ALL)}.")
    return names


def _run(names: Sequence[str], settings: PlatformSettings, *, demo: bool) -> str:
    started = time.monotonic()
    if "embed" in names and not (settings.data_dir / "models").exists():
        console.print("preparing the embedding model (once) …")
    with running(names, settings) as runner:
        failure = _await_ready(names, settings, runner)
        if failure is None:
            console.print(f"ready in {time.monotonic() - started:.1f} s", highlight=False)
            if demo:
                _load(settings, runner)
            if "gateway" in names:
                _tell_addresses(settings)
            failure = runner.wait()
    return failure


def _await_ready(names: Sequence[str], settings: PlatformSettings, runner: Runner) -> str | None:
    """Wait until every part is ready; returns the part that failed instead, if one did.

    A part may wait for others as long as it takes: they may be started later, or elsewhere.
    """
    waiting = [name for name in SERVICE_NAMES if name in names]
    tell_at = time.monotonic() + TELL_AFTER_S
    pause = threading.Event()
    with httpx.Client(trust_env=False, timeout=5.0) as http:
        while waiting:
            trouble = _trouble(http, settings.url_of(waiting[0]))
            if trouble is None:
                waiting.pop(0)
            elif failed := runner.failed_part():
                return failed
            else:
                if time.monotonic() > tell_at:
                    console.print(f"{waiting[0]} waits: {trouble}", markup=False, highlight=False)
                    tell_at = float("inf")
                pause.wait(LOOK_EVERY_S)
    return None


def _trouble(http: httpx.Client, url: str) -> str | None:
    try:
        answer = http.get(f"{url}/readyz")
        dependencies: dict[str, str] = answer.json()["dependencies"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return type(error).__name__
    if answer.is_success:
        return None
    return "; ".join(f"{name}: {state}" for name, state in dependencies.items() if state != "ok")


def _load(settings: PlatformSettings, runner: Runner) -> None:
    try:
        with GatewayClient(settings.url_of("gateway")) as client:
            new = load_demo(client, runner.failed_part)
    except (GatewayError, NavigatorError) as error:
        tell_error(f"The demonstration corpus was not loaded: {error}")
        return
    told = f"{new} reports loaded" if new else "already there, nothing loaded"
    console.print(f"demonstration corpus (illustrative examples): {told}", highlight=False)


def _tell_addresses(settings: PlatformSettings) -> None:
    url = settings.url_of("gateway")
    command = "navigator" if shutil.which("navigator") else sys.argv[0]
    console.print(
        f"\n  page       {url}/\n  API        {url}/docs\n  traces     {url}/ops/traces\n\n"
        f'try        {command} ask "{EXAMPLE}"\nstop       Ctrl-C\n',
        highlight=False,
        soft_wrap=True,
    )


def _on_signal(_number: int, _frame: object) -> None:
    # A second Ctrl-C must not cut the clean end short.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    console.print("\nstopping …")
    raise _Stopped
