"""The broker dies, with its memory or without; nobody restarts us, and all goes on."""

import os
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

from kafka import KafkaAdminClient

from libs.bus.local_broker import LocalBroker
from libs.errors import Unavailable
from tests.contract.bus.stage import Calls, Stage, until, without_broker

pytestmark = without_broker
# A second send begins so long after the first, and so is under way when that one is given up.
LATER_S = 1.0


def kill(broker: LocalBroker) -> None:
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: broker.pid != pid, "the broker to be dead")


def forget(broker: LocalBroker, data: Path) -> None:
    """Kill it, and take its memory away before it comes back half a second later."""
    kill(broker)
    (data / "kafka.json").unlink(missing_ok=True)
    until(lambda: broker.health() is None, "the broker to be back")


def test_a_broker_that_comes_back_empty_heals(own_broker: LocalBroker, own_stage: Stage) -> None:
    calls = Calls()
    consumer = own_stage.consume(calls)
    own_stage.send(*(f"before{n}" for n in range(30)))
    own_stage.wait_until_committed(30)
    forget(own_broker, own_broker.data_dir)
    # As many as had been consumed before, so that the old positions exist again: a consumer
    # that kept them would skip all of these.
    after = [f"after{n}" for n in range(60)]
    own_stage.send_again(*after)
    until(lambda: set(after) <= set(calls.ids), "all new events to be handled")
    until(lambda: consumer.health() is None, "the consumer to be well")
    assert consumer.failure is None


def test_an_idle_consumer_notices_and_heals(own_broker: LocalBroker, own_stage: Stage) -> None:
    calls = Calls()
    consumer = own_stage.consume(calls)
    forget(own_broker, own_broker.data_dir)
    own_stage.send_again("r1")
    calls.wait_for(1)
    until(lambda: consumer.health() is None, "the consumer to be well")


def test_a_broker_restarted_on_its_data_goes_on(own_broker: LocalBroker, own_stage: Stage) -> None:
    calls = Calls()
    consumer = own_stage.consume(calls)
    own_stage.send("r1", "r2")
    own_stage.wait_until_committed(2)
    own_broker.stop()
    until(lambda: consumer.health() is not None, "the consumer to say that the broker is away")
    own_broker.start()
    own_stage.send_again("r3")
    until(lambda: "r3" in calls.ids, "the new event")
    until(lambda: consumer.health() is None, "the consumer to be well")
    assert sorted(calls.ids) == ["r1", "r2", "r3"]


def test_a_send_that_is_given_up_ends_the_others_as_unavailable(
    own_broker: LocalBroker, own_stage: Stage
) -> None:
    own_stage.send("before")
    pid = own_broker.pid
    assert pid is not None
    raised: list[BaseException] = []

    def send(report_id: str) -> None:
        try:
            own_stage.send(report_id)
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            raised.append(error)

    threads = [threading.Thread(target=send, args=(report_id,)) for report_id in ("one", "two")]
    os.kill(pid, signal.SIGSTOP)
    try:
        for thread in threads:
            thread.start()
            thread.join(LATER_S)
        for thread in threads:
            thread.join(20)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert [type(error) for error in raised] == [Unavailable, Unavailable]
    own_stage.send_again("after")


def test_a_producer_rests_when_a_topic_of_its_is_gone(stage: Stage) -> None:
    stage.send("r1")
    with closing(KafkaAdminClient(bootstrap_servers=stage.settings.bootstrap)) as admin:
        admin.delete_topics([stage.topic.name])
    client = stage.producer._client
    assert client is not None
    metadata = client._metadata
    metadata.request_update()
    until(lambda: stage.topic.name not in metadata.topics(), "the client to know")
    before, started = time.process_time(), time.monotonic()
    until(lambda: time.monotonic() - started > 1, "a second to pass")
    # Half a core without `rest_without_leader`; the look at the clock takes a tenth of this.
    assert time.process_time() - before < 0.2
    stage.send_again("r2")
