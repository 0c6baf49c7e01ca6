"""Reads partners' topics; dies when it has committed a report: BOOTSTRAP DATABASE_URL."""

import datetime as dt
import os
import signal
import sys
import threading

from libs.bus.consumer import EventConsumer
from libs.bus.producer import EventProducer
from libs.bus.record import Record, record_of
from libs.clock import random_id, utc_now
from libs.database.engine import Database
from libs.events.envelope import EventPayload
from services.ingest.intake import Intake
from services.ingest.partner_reports import GROUP, PartnerReports
from tests.contract.bus.stage import settings_for

SOURCE = "/navigator/ingest"


def record(payload: EventPayload) -> Record:
    return record_of(payload, source=SOURCE, clock=utc_now, new_id=random_id)


def die(_: str) -> None:
    """The report is committed, its offset is not."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(bootstrap: str, database_url: str) -> None:
    settings = settings_for(bootstrap)
    intake = Intake(Database(database_url), record, utc_now, dt.timedelta(hours=1), die)
    EventConsumer(
        settings,
        # The member that the test goes on as: noida-db keeps partitions for one that died.
        service="test",
        group=GROUP,
        handlers=PartnerReports(intake, 10).by_topic(("norr",)),
        producer=EventProducer(settings, "test"),
        source=SOURCE,
        clock=utc_now,
        new_id=random_id,
    ).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
