import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from libs.bus.local_broker import LocalBroker
from libs.errors import Unavailable
from tests.contract.bus.stage import free_port, until, without_broker

pytestmark = without_broker

ROOT = Path(__file__).parents[3]
PARENT = """
import sys, threading
from pathlib import Path
from libs.bus.local_broker import LocalBroker
broker = LocalBroker(Path(sys.argv[1]), int(sys.argv[2]))
# From a thread that ends, which must not end the broker.
starter = threading.Thread(target=broker.start)
starter.start()
starter.join()
print(broker.pid, flush=True)
threading.Event().wait()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that ended stays listed until somebody reaps it.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_it_is_ready_within_a_second_and_leaves_nothing(tmp_path: Path) -> None:
    broker = LocalBroker(tmp_path, free_port())
    started = time.monotonic()
    broker.start()
    assert time.monotonic() - started < 1
    pid = broker.pid
    assert pid is not None
    assert broker.health() is None
    assert os.getpgid(pid) != os.getpgid(0)
    broker.stop()
    assert not alive(pid)
    assert "does not run" in str(broker.health())
    broker.stop()


def test_a_taken_port_is_told_clearly(tmp_path: Path) -> None:
    with LocalBroker(tmp_path / "one", free_port()) as one:
        port = int(one.bootstrap.rpartition(":")[2])
        other = LocalBroker(tmp_path / "two", port, start_s=0.5)
        with pytest.raises(Unavailable, match=f"port {port} is already in use"):
            other.start()
        assert other.pid is None
        assert one.health() is None


def test_it_waits_for_a_broker_that_is_still_saving(tmp_path: Path) -> None:
    port = free_port()
    with LocalBroker(tmp_path, port, restart_s=60) as first:
        orphan = first.pid
        assert orphan is not None
        os.kill(orphan, signal.SIGSTOP)  # It holds the port and the data, and does not end.
        second = LocalBroker(tmp_path, port)
        starting = threading.Thread(target=second.start)
        starting.start()
        until(lambda: second.pid is not None, "a first try")
        os.kill(orphan, signal.SIGCONT)
        os.kill(orphan, signal.SIGTERM)
        starting.join(10)
        assert second.health() is None
        second.stop()


def test_it_comes_back_when_it_is_killed(tmp_path: Path) -> None:
    with LocalBroker(tmp_path, free_port()) as broker:
        first = broker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: broker.pid not in {None, first}, "another process")
        until(lambda: broker.health() is None, "it to be well")


def test_it_saves_and_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), str(free_port())],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.communicate()
    until(lambda: not alive(pid), "the broker to end")
    # A clean end takes the control file away; a kill would have left it.
    assert not (tmp_path / "noida.control.json").exists()
