"""The platform in four processes, of which any can be killed and started again."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from tests.e2e.processes import Installation, Process, alive

# What runs together in a process; the embedded index has one owner, so embed and recommend do.
PARTS: Final = {
    "broker": ("broker",),
    "ingest": ("ingest",),
    "embed": ("embed", "recommend"),
    "gateway": ("gateway",),
}
FAULTS: Final[dict[str, Sequence[str]]] = {
    "ingest": ("ingest",),
    "broker": ("broker",),
    "embed": ("embed",),
    "everything": tuple(PARTS),
}
# What a broker forgot is sent again after a minute or two; a test has no time for that.
HASTE: Final = {
    "NAVIGATOR_INGEST_RECONCILE_EVERY_S": "1",
    "NAVIGATOR_INGEST_RECONCILE_AFTER_S": "5",
}
START_S: Final = 90.0
# As Prometheus writes libs.telemetry.names.METRIC_LAG.
LAG: Final = "navigator_bus_lag{"


class SplitPlatform:
    """Four processes on one data folder, running from the beginning of the context."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.installation = Installation(data, **HASTE)
        self._processes: dict[str, Process] = {}

    def __enter__(self) -> Self:
        self.start(PARTS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(self._output())
        self.kill(part for part, process in self._processes.items() if alive(process.pids()[0]))

    def start(self, parts: Iterable[str]) -> None:
        """Start parts, all at once as they wait for each other, until they are ready."""
        started = {part: self.installation.start_without_waiting(*PARTS[part]) for part in parts}
        self._processes |= started
        for process in started.values():
            process.await_line("ready in", START_S)

    def kill(self, parts: Iterable[str]) -> None:
        """kill -9, one right after the other."""
        for part in parts:
            self._processes[part].kill_everything()

    def stop(self) -> None:
        """End in good order, the broker last. Raises AssertionError if one fails at that."""
        for part in reversed(PARTS):
            assert self._processes[part].terminate() == 0, part

    def _output(self) -> str:
        return "\n".join(
            f"--- {part}\n{''.join(process.output[-40:])}"
            for part, process in self._processes.items()
        )

    def lag(self) -> float:
        """Events that wait for ingest and embed; infinite while one of them does not tell."""
        return sum(self._lag_of(service) for service in ("ingest", "embed"))

    def _lag_of(self, service: str) -> float:
        url = f"http://127.0.0.1:{self.installation.ports[service]}/metrics"
        try:
            told = httpx.get(url, trust_env=False, timeout=5.0).text.splitlines()
        except httpx.HTTPError:
            return math.inf
        waiting = [float(line.split()[-1]) for line in told if line.startswith(LAG)]
        return sum(waiting) if waiting else math.inf
