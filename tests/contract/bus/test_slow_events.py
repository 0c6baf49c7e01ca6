"""Events that take long: each is committed before the next one of its batch begins."""

import time
from collections.abc import Sequence
from contextlib import closing

from kafka import KafkaAdminClient

from libs.bus.session import BATCH_S
from libs.events.envelope import EventPayload
from tests.contract.bus.stage import Calls, Stage


def test_a_slow_batch_is_committed_as_far_as_it_came(stage: Stage) -> None:
    """Every event takes twice what a batch may, on a clock that jumps."""
    wanted = [f"r{number}" for number in range(12)]
    committed: list[int] = []
    jumped = [0.0]

    def slow(_payload: EventPayload) -> Sequence[EventPayload]:
        offsets = admin.list_group_offsets(stage.group)[stage.group]
        committed.append(sum(found.offset for found in offsets.values()))
        jumped[0] += 2 * BATCH_S
        return ()

    stage.consume(Calls()).stop(5)
    stage.send(*wanted)
    with closing(KafkaAdminClient(bootstrap_servers=stage.settings.bootstrap)) as admin:
        calls = Calls(slow)
        stage.consume(calls, monotonic=lambda: time.monotonic() + jumped[0])
        stage.wait_until_committed(len(wanted))
    assert committed == list(range(len(wanted)))
    assert sorted(calls.ids) == sorted(wanted)
