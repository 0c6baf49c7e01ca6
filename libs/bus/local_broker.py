"""A Kafka broker of our own for one machine: noida-db from PyPI, as a child process.

It saves about once a second and at SIGTERM. What a crash takes with it is sent again by the
outbox and the reconciler (docs/adr).
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from libs import die_with_parent
from libs.bus.client import open_client
from libs.bus.settings import BusSettings
from libs.errors import Unavailable

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
LOG_NAME = "broker.log"
# On Debian 12 the loader says on each start that a newer C library is missing. Nothing is.
HARMLESS = "weak version `GLIBC_"
CHECK_S = 0.01


class LocalBroker:
    """Runs noida-db on loopback and starts it again if it dies.

    It lives in a process group of its own, so that Ctrl-C reaches us first, and it is told to
    save and end when this process ends, however that happens.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int,
        *,
        start_s: float = 8.0,
        stop_s: float = 10.0,
        restart_s: float = 0.2,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.data_dir = data_dir
        self._port = port
        self._start_s = start_s
        self._stop_s = stop_s
        self._restart_s = restart_s
        self._monotonic = monotonic
        self._probe = BusSettings(
            bootstrap=self.bootstrap, connect_timeout_s=1, request_timeout_s=1
        )
        self._stopping = threading.Event()
        self._said = ""
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients connect: host:port."""
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The running broker's process id, or None."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Return when the broker answers in Kafka's protocol.

        Where the port or the data is still held, by a broker that is saving at its end, wait
        for it. Raises Unavailable after `start_s` seconds, with what the broker said.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._stopping.clear()
        self._said = ""
        self._thread = threading.Thread(target=self._keep_running, name="broker", daemon=True)
        self._thread.start()
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self) -> None:
        deadline = self._monotonic() + self._start_s
        while self.health() is not None:
            if self._monotonic() > deadline:
                said = self._said or self._last_words()
                raise Unavailable(
                    f"the local broker did not start on {self.bootstrap}: {said}. "
                    "Stop what else runs there, or choose another port or data directory",
                    code="local-broker",
                )
            self._stopping.wait(CHECK_S)

    def stop(self) -> None:
        """Let the broker save and end; kill it if it takes longer than `stop_s`."""
        self._stopping.set()
        thread = self._thread
        if thread is None:
            return
        deadline = self._monotonic() + self._stop_s
        told: subprocess.Popen[bytes] | None = None
        while thread.is_alive():
            process = self._process
            if self._monotonic() > deadline:
                _signal(process, signal.SIGKILL)
            elif process is not told:
                # In a loop, because the thread may be starting one at this moment; but only
                # once to each, so that none takes a second signal as a reason to hurry.
                _signal(process, signal.SIGTERM)
                told = process
            thread.join(CHECK_S)
        self._thread = None

    def health(self) -> str | None:
        """None when our broker answers in Kafka's protocol, otherwise what is wrong."""
        if self.pid is None or self._pid_in_charge() != self.pid:
            return f"the local broker does not run: {self._last_words()}"
        try:
            with closing(open_client(KafkaAdminClient, self._probe, "navigator-probe")) as admin:
                admin.list_topics()
        except KafkaError as error:
            return f"the local broker does not answer ({type(error).__name__})"
        return None

    def _keep_running(self) -> None:
        # The kernel ties the death signal to the thread that started the child, so this
        # thread stays as long as the child does.
        while not self._stopping.is_set():
            self._process = self._spawn()
            code = self._process.wait()
            self._said = self._last_words()
            if not self._stopping.wait(self._restart_s):
                logger.warning(
                    "the local broker ended and is started again",
                    extra={"code": code, "reason": self._said},
                )

    def _spawn(self) -> subprocess.Popen[bytes]:
        binary = str(files("noida_db").joinpath("noida-db"))
        launcher = [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())]
        options = ["--host", HOST, "--kafka-port", str(self._port), "--data-dir"]
        with (self.data_dir / LOG_NAME).open("wb") as log:
            return subprocess.Popen(  # noqa: S603 our own interpreter and the wheel's binary
                [*launcher, binary, "start", "--only", "kafka", *options, str(self.data_dir)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _pid_in_charge(self) -> int | None:
        """Who holds the data, as noida-db itself notes it: it may be an earlier run's broker."""
        try:
            control = json.loads((self.data_dir / "noida.control.json").read_text())
        except (OSError, ValueError):
            return None
        pid = control.get("pid")
        return pid if isinstance(pid, int) else None

    def _last_words(self) -> str:
        try:
            lines = (self.data_dir / LOG_NAME).read_text(errors="replace").splitlines()
        except OSError:
            return "it has said nothing"
        told = [line for line in lines if line.strip() and HARMLESS not in line]
        errors = [line for line in told if line.startswith("error:")]
        return (errors or told or ["it has said nothing"])[-1].removeprefix("error: ")


def _signal(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(number)
