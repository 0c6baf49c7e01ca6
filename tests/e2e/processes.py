"""Starts `navigator up` as its users do, in a process of its own, and takes it down by pid."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

REPOSITORY = Path(__file__).resolve().parents[2]
NAVIGATOR = Path(sys.executable).with_name("navigator")
SERVICES = ("gateway", "ingest", "embed", "recommend", "kafka")
START_S = 90.0


def free_ports() -> dict[str, int]:
    """A free port for each part."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in SERVICES]
    ports = {name: s.getsockname()[1] for name, s in zip(SERVICES, held, strict=True)}
    for each in held:
        each.close()
    return ports


def eventually(found: Callable[[], Any], *, within: float, what: str) -> Any:
    """The first true value that `found` returns; fails with the last one after the deadline."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while True:
        value = found()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {within} s, last {value!r}"
        pause.wait(0.05)


def collection(data_dir: Path) -> Path:
    """The folder of the collection of passages that is read."""
    roles = json.loads((data_dir / "index" / "passages.roles.json").read_bytes())
    return data_dir / "index" / str(roles["active"])


class Installation:
    """A data folder and ports, on which processes are started and started again."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.ports = free_ports()
        self.gateway = f"http://127.0.0.1:{self.ports['gateway']}"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NAVIGATOR_")},
            "NAVIGATOR_DATA_DIR": str(data_dir),
            **{f"NAVIGATOR_{name.upper()}_PORT": str(port) for name, port in self.ports.items()},
            **settings,
        }

    def start(self, *arguments: str) -> "Process":
        """`navigator up …`, ready."""
        process = self.start_without_waiting(*arguments)
        process.await_line("ready in", START_S)
        return process

    def start_without_waiting(self, *arguments: str) -> "Process":
        """`navigator up …`."""
        return Process([str(NAVIGATOR), "up", *arguments], self.env)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another navigator command against this installation."""
        return subprocess.run(
            [str(NAVIGATOR), *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def client(self) -> httpx.Client:
        """A client of the gateway."""
        return httpx.Client(base_url=self.gateway, timeout=60.0, trust_env=False)

    def counts(self) -> dict[str, int]:
        """Reports by status; empty while the gateway is away."""
        try:
            with self.client() as client:
                return client.get("/v1/status").json()["reports"] or {}
        except httpx.HTTPError:
            return {}


class Process:
    """A running `navigator up` and its children."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            env=env,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def await_line(self, part: str, within: float) -> str:
        """The first line from here on that holds `part`."""
        deadline = time.monotonic() + within
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no line with {part!r}:\n{''.join(self.output)}")
            if part in line:
                return line

    def pids(self) -> list[int]:
        """The process and all below it."""
        return list(_tree(self._process.pid))

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._ended()

    def terminate(self) -> int:
        """As a supervisor stops it; returns the exit code."""
        self._process.terminate()
        return self._ended()

    def kill_everything(self) -> None:
        """kill -9 of the process and its children, the broker first so that it cannot save."""
        for pid in reversed(self.pids()):
            # A child may end by itself meanwhile.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._ended()

    def _ended(self) -> int:
        code = self._process.wait(timeout=40)
        self._reader.join(timeout=10)
        if self._process.stdout:
            self._process.stdout.close()
        return code

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.output.append(line)
            self._lines.put(line)
        self._lines.put(None)


def alive(pid: int) -> bool:
    """True while a process runs (one that ended and is not yet reaped does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        # A thread may end between being listed and being read.
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in task.read_text(encoding="utf-8").split():
                yield from _tree(int(child))
