"""A consumer in a process of its own, for a test to kill: BOOTSTRAP TOPIC GROUP."""

import sys
import threading
from collections.abc import Sequence

from libs.bus.consumer import EventConsumer
from libs.bus.producer import EventProducer
from libs.clock import random_id, utc_now
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportWithdrawn
from libs.events.topics import Topic
from tests.contract.bus.stage import SOURCE, settings_for


def say(payload: EventPayload) -> Sequence[EventPayload]:
    sys.stdout.write(payload.report_id + "\n")
    sys.stdout.flush()
    return ()


def main(bootstrap: str, topic: str, group: str) -> None:
    settings = settings_for(bootstrap)
    EventConsumer(
        settings,
        service="test",
        group=group,
        handlers={Topic(topic, ReportWithdrawn, (), ()): say},
        producer=EventProducer(settings, "test"),
        source=SOURCE,
        clock=utc_now,
        new_id=random_id,
    ).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
