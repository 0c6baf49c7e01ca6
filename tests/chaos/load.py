"""Partners side by side: they hand in, correct and withdraw, and ask again until answered."""

import threading
import time
from typing import Final

import httpx

from tests.chaos.stories import OUTCOMES, Action, Promise, story, submission

PARTNERS: Final = 4
ASK_AGAIN_S: Final = 0.1
GIVE_UP_S: Final = 120.0
ANSWERED: Final = {200, 202}


class Load:
    """So many reports at so many actions a second, from `start` on until all are answered."""

    def __init__(self, gateway: str, *, reports: int, actions_per_s: float) -> None:
        self.promises: dict[int, Promise] = {}
        self.longest_wait_s = 0.0
        # The partners pause after each action; that the actions themselves take time is extra.
        self.lasts_s = sum(len(story(number)) for number in range(reports)) / actions_per_s
        self._gateway = gateway
        self._between_s = PARTNERS / actions_per_s
        self._waiting = iter(range(reports))
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self._troubles: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, name=f"partner-{n}", daemon=True)
            for n in range(PARTNERS)
        ]

    def start(self) -> None:
        """Begin, in threads."""
        for thread in self._threads:
            thread.start()

    def await_end(self) -> None:
        """Return when everything is answered. Raises what went wrong for a partner."""
        for thread in self._threads:
            thread.join()
        if self._troubles:
            raise self._troubles[0]

    def _work(self) -> None:
        try:
            with httpx.Client(base_url=self._gateway, timeout=20.0, trust_env=False) as client:
                while (number := self._next()) is not None:
                    for step, action in enumerate(story(number)):
                        self._do(client, number, step, action)
                        self._pause.wait(self._between_s)
        except BaseException as error:  # noqa: BLE001 - await_end raises it again
            self._troubles.append(error)

    def _next(self) -> int | None:
        with self._lock:
            return next(self._waiting, None)

    def _do(self, client: httpx.Client, number: int, step: int, action: Action) -> None:
        """Send until it is answered: only then is it promised."""
        before = self.promises.get(number)
        started = time.monotonic()
        while True:
            answer = self._sent(client, number, step, action)
            waited = time.monotonic() - started
            if answer is not None and answer.status_code in ANSWERED:
                break
            if answer is not None and answer.status_code < 500:
                raise AssertionError(f"{action} of {number}: {answer.status_code} {answer.text}")
            if waited > GIVE_UP_S:
                raise AssertionError(f"{action} of {number} was not answered in {waited:.0f} s")
            self._pause.wait(ASK_AGAIN_S)
        self.longest_wait_s = max(self.longest_wait_s, waited)
        version = (before.version if before else 0) + (action != "withdraw")
        self.promises[number] = Promise(answer.json()["report_id"], version, OUTCOMES[action])

    def _sent(
        self, client: httpx.Client, number: int, step: int, action: Action
    ) -> httpx.Response | None:
        try:
            if action == "withdraw":
                return client.delete(f"/v1/reports/{self.promises[number].report_id}")
            return client.post("/v1/reports", **submission(number, step, action))
        except httpx.TransportError:
            return None
