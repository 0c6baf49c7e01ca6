"""Debian's PostgreSQL, in a folder and a process of its own that end with whoever started it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from libs.errors import Unavailable

START_S = 30.0
STOP_S = 30.0
LOOK_S = 0.02
# initdb and postgres refuse to run as root; Debian's package brings this user along.
SYSTEM_USER = "postgres"


class PostgresServer:
    """A server, known by the SQLAlchemy URL of any database on it, that makes more of them."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def create(self, database: str, *, template: str = "template1") -> str:
        """Make a database like the template, which nobody may be using; returns its URL."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self._url.set(database=database).render_as_string(hide_password=False)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is using it."""
        self.execute(f'DROP DATABASE "{database}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement. Raises OperationalError when the server does not answer."""
        with self._engine.connect() as connection:
            connection.execute(text(statement))


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, of the newest that is installed; None without one."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


@contextmanager
def running(installed: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """A server behind a Unix socket. Raises Unavailable when it does not start.

    One that is not `durable` does not wait for the disk: its commits outlive a kill -9 all the
    same, and a power cut is nothing that a test makes.
    """
    # A folder directly under /tmp: the path of a socket is 107 bytes at most, and the server's
    # user may not enter pytest's.
    with tempfile.TemporaryDirectory(prefix="navigator-pg-", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, SYSTEM_USER, SYSTEM_USER)
        data = f"{folder}/data"
        how = ("--auth=trust", f"--username={SYSTEM_USER}", "--encoding=UTF8", "--locale=C.UTF-8")
        initdb = _command(installed / "initdb", "--pgdata", data, "--no-sync", *how)
        subprocess.run(initdb, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        settings = ("-c", "listen_addresses=", "-c", f"fsync={'on' if durable else 'off'}")
        command = _command(installed / "postgres", "-D", data, "-k", folder, *settings)
        log = Path(folder, "server.log")
        with _process(command, folder, log) as process:
            server = PostgresServer(
                f"postgresql+psycopg://{SYSTEM_USER}@/{SYSTEM_USER}?host={folder}"
            )
            _await_answer(server, process, log)
            yield server


def _command(program: Path, *arguments: str) -> list[str]:
    """A command that is told to end at the death of whoever runs it, even by kill -9."""
    setpriv = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        setpriv += ["--reuid", SYSTEM_USER, "--regid", SYSTEM_USER, "--init-groups"]
    return [*setpriv, str(program), *arguments]


@contextmanager
def _process(command: Sequence[str], folder: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        # In a session of its own, so that Ctrl-C reaches the tests first.
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            # PostgreSQL's fast shutdown: connections are cut, data is saved.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_answer(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            server.execute("SELECT 1")
        except OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(encoding="utf-8", errors="replace")
                raise Unavailable(f"PostgreSQL did not start: {said[-1_000:]}") from error
            time.sleep(LOOK_S)
        else:
            return
