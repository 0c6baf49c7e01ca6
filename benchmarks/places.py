"""Where a benchmark runs: databases, a platform, a bare app, each in processes of its own."""

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests import postgresql
from tests.e2e.processes import REPOSITORY, Installation, eventually

NewDatabase = Callable[[], str]
# Two seconds on a machine that has nothing else to do.
START_S = 90.0


@contextmanager
def sqlite() -> Iterator[NewDatabase]:
    """Gives URLs of new SQLite files."""
    numbers = itertools.count()
    with tempfile.TemporaryDirectory(prefix="navigator-bench-") as folder:
        yield lambda: f"sqlite:///{folder}/{next(numbers)}.db"


@contextmanager
def postgres() -> Iterator[NewDatabase]:
    """Gives URLs of new databases of a server that waits for the disk, as in production.

    Raises FileNotFoundError where PostgreSQL is not installed.
    """
    installed = postgresql.programs()
    if installed is None:
        raise FileNotFoundError("PostgreSQL is not installed: scripts/packages.sh")
    numbers = itertools.count()
    with postgresql.running(installed, durable=True) as server:
        yield lambda: server.create(f"bench_{next(numbers)}")


@contextmanager
def platform(database_url: str) -> Iterator[Installation]:
    """The whole platform, ready, with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="navigator-bench-") as folder:
        installation = Installation(Path(folder), NAVIGATOR_DATABASE_URL=database_url)
        process = installation.start()
        try:
            yield installation
        finally:
            # What it still has to do would take minutes, and nobody needs it.
            process.kill_everything()


@contextmanager
def bare(database_url: str, port: int) -> Iterator[None]:
    """The app that only stores, listening on a port."""
    command = [sys.executable, "-m", "benchmarks.bare", str(port), database_url]
    process = subprocess.Popen(command, cwd=REPOSITORY)  # noqa: S603 - our own interpreter
    try:
        eventually(lambda: _answers(port), within=START_S, what="the bare app answers")
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/openapi.json", trust_env=False)
    except httpx.TransportError:
        return False
    return True
